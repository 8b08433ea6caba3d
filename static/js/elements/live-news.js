// <live-news data-socket="/ws/news"> tells the bell in it that something is new. It owns no markup: the bell fetches itself.
import { LiveSocket } from "../live.js";
import { announce } from "../toast.js";

class LiveNews extends HTMLElement {
  connectedCallback() {
    this.socket = new LiveSocket({
      address: this.dataset.socket,
      after: null,
      hear: (event) => {
        if (event.type === "news") announce(event.text);
        this.refresh();
      },
      poll: () => this.refresh(),
      // What came between the page being written and the socket opening.
      tell: (connected) => connected && this.refresh(),
    });
  }

  disconnectedCallback() {
    this.socket.close();
  }

  refresh() {
    this.firstElementChild.dispatchEvent(new CustomEvent("news-changed"));
  }
}

customElements.define("live-news", LiveNews);
