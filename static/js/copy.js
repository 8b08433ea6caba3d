// <button data-copies="id" hidden> copies the text of that element. Without scripts it stays hidden: the text can be selected.
import { toast } from "./toast.js";

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    const lines = source.matches("ul, ol") ? [...source.children].map((item) => item.textContent.trim()) : [source.textContent.trim()];
    try {
      await navigator.clipboard.writeText(lines.join("\n"));
      toast("Copied.", "ok");
    } catch {
      // The browser refuses: then at least it is ready to be copied by hand.
      getSelection().selectAllChildren(source);
      toast("Selected. Press Control and C to copy.");
    }
  });
}
