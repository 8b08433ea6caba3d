/** What went wrong: `status` is HTTP's (0 without an answer), `code` the studio's, `details` name fields. */
export class ReelwrightError extends Error {
  constructor(message, { status = 0, code = '', details = [], requestId = '', retryAfter = null } = {}) {
    super(message);
    this.name = 'ReelwrightError';
    Object.assign(this, { status, code, details, requestId, retryAfter });
  }
}

/** The studio's surfaces word failures in a few ways; here they are one. */
export function errorOf(status, text, headers) {
  let content = {};
  try {
    content = JSON.parse(text) ?? {};
  } catch {
    // A page, or nothing: the status says enough.
  }
  const told = content.error;
  let message = '';
  let code = '';
  let details = [];
  if (told && typeof told === 'object') {
    ({ message = '', code = '', details = [] } = told);
  } else if (Array.isArray(content.detail)) {
    details = content.detail;
    message = details[0]?.msg ?? '';
  } else {
    message = content.message || told || content.detail || '';
  }
  const after = Number.parseInt(headers.get('retry-after') ?? '', 10);
  return new ReelwrightError(message || `The studio answered with ${status}.`, {
    status,
    code,
    details,
    requestId: headers.get('x-request-id') ?? '',
    retryAfter: Number.isNaN(after) ? null : after,
  });
}
