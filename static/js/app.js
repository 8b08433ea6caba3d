// Everything here adds liveness to a page that already reads and submits without it.
import "./theme.js";
import "./palette.js";
import "./tabs.js";
import "./toast.js";
import "./moments.js";
import "./forms.js";
import "./copy.js";
import "./elements/found-hits.js";
import "./elements/live-run.js";
import "./elements/media-player.js";
import "./scrub.js";
import "./selection.js";
import "./elements/upload-zone.js";
import "./elements/library-uploads.js";
import "./elements/wave-form.js";
import "./elements/cue-editor.js";
