"""The walk of the contract: every entry of `tests/contract/*.yaml` that is built is called as its document says, over HTTP.

For each entry the walk compares the success (status, every key of the shape, literals, the place a redirect leads to, the
forms a page shows), every alternative, and every listed error (status and literal body). What the documents say and the
studio decided otherwise is in `overrides.py`, with the decision.

An entry is walked by its **scene** (`scenes/`): who calls, with which ids and which body, and what provokes each error. Most
errors need no word, because the contract's own fields say how to provoke them (`provoke.py`):

- 401: the same call by nobody, with a junk bearer token, with Basic, and with a junk bearer beside a good session;
- 403: the same call by the roles in `refused`, who see the object and may not;
- 404 for a path's id: a random id, a malformed one, and, as `keeper`, that of another house: the same bytes for all;
- 422/400: each field of the contract left out where required, of another type, outside its enum, format or bounds;
- 429: the rate turned down and the call repeated; 500: the view made to fail.

Everything else (conflicts, states, wrong passwords) is a `Twist` in the scene's `errors`, found by the error's literal
message. Every `alternatives` and every `effects` line of the entry has its counterpart in the scene, in the same order.

To walk more entries, add their group to `GROUPS` in `walked.py` and a scene for each in a module of `scenes/`:
`test_completeness.py` names what is missing.
"""
