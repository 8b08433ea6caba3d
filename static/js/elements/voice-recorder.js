// <voice-recorder data-into="id of a file field"> records with the microphone and puts a WAV file into the field, as if it had been
// chosen there. Without scripts, or without a microphone, it stays hidden and the field takes a file.
import { announce } from "../toast.js";

const LONGEST_MS = 180000;
const RATE = 48000;

class VoiceRecorder extends HTMLElement {
  connectedCallback() {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder || this.button) return;
    this.field = document.getElementById(this.dataset.into);
    this.button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Record" });
    this.level = Object.assign(document.createElement("meter"), { min: 0, max: 1, value: 0, hidden: true, ariaLabel: "Level of the microphone" });
    this.said = Object.assign(document.createElement("span"), { className: "meta", role: "status" });
    this.heard = Object.assign(document.createElement("audio"), { controls: true, hidden: true, ariaLabel: "What was recorded" });
    this.append(this.button, this.level, this.said, this.heard);
    this.button.addEventListener("click", () => (this.recorder ? this.stop() : this.start()));
    this.hidden = false;
  }

  disconnectedCallback() {
    this.stop();
  }

  async start() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false } });
    } catch {
      this.said.textContent = "The microphone cannot be used here. Allow it in the browser, or choose a file.";
      return;
    }
    const pieces = [];
    this.recorder = new MediaRecorder(this.stream);
    this.recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    this.recorder.addEventListener("stop", () => this.keep(new Blob(pieces, { type: this.recorder?.mimeType })));
    this.recorder.start(1000);
    this.began = performance.now();
    this.button.textContent = "Stop";
    this.level.hidden = false;
    this.watch();
  }

  watch() {
    const context = new AudioContext();
    const look = context.createAnalyser();
    const samples = new Float32Array(look.fftSize);
    context.createMediaStreamSource(this.stream).connect(look);
    const tick = () => {
      if (!this.recorder) {
        context.close();
        return;
      }
      look.getFloatTimeDomainData(samples);
      this.level.value = Math.min(1, Math.max(...samples.map(Math.abs)));
      const past = performance.now() - this.began;
      this.said.textContent = `${Math.floor(past / 1000)} s`;
      if (past > LONGEST_MS) this.stop();
      else requestAnimationFrame(tick);
    };
    tick();
  }

  stop() {
    if (this.recorder?.state === "recording") this.recorder.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
  }

  async keep(blob) {
    this.recorder = null;
    this.level.hidden = true;
    this.button.textContent = "Record again";
    const context = new AudioContext({ sampleRate: RATE });
    try {
      const sound = await context.decodeAudioData(await blob.arrayBuffer());
      const file = new File([wav(sound.getChannelData(0), sound.sampleRate)], "recording.wav", { type: "audio/wav" });
      const files = new DataTransfer();
      files.items.add(file);
      this.field.files = files.files;
      this.heard.src = URL.createObjectURL(file);
      this.heard.hidden = false;
      this.said.textContent = `${sound.duration.toFixed(1)} s recorded`;
      announce("The recording is in the form.");
    } catch {
      this.said.textContent = "Nothing was recorded. Try again, or choose a file.";
    } finally {
      context.close();
    }
  }
}

// 16 bits, one channel.
function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, word) => [...word].forEach((sign, index) => view.setUint8(at + index, sign.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, rate, 4], [28, rate * 2, 4], [32, 2, 2], [34, 16, 2], [40, samples.length * 2, 4]].forEach(
    ([at, value, bytes]) => (bytes === 4 ? view.setUint32(at, value, true) : view.setUint16(at, value, true)),
  );
  text(36, "data");
  samples.forEach((sample, index) => view.setInt16(44 + index * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return view.buffer;
}

customElements.define("voice-recorder", VoiceRecorder);
