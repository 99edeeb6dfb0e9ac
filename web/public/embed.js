// A chat of a published flow in the corner of any page:
//   <script src="https://<server>/embed.js" data-chat="<token>" async></script>
// data-title and data-color name and colour the button, data-position="left" moves it. The page's
// origin must be among those that the chat allows.
(() => {
  const script = document.currentScript;
  const token = script?.dataset.chat;
  if (!script || !token || !/^[\w-]+$/.test(token)) return;
  const isGerman = navigator.language.startsWith("de");
  const words = isGerman
    ? { open: "Chat öffnen", close: "Chat schließen" }
    : { open: "Open chat", close: "Close chat" };
  const { title = "Chat", color = "#0a6a5d", position = "right", theme = "" } = script.dataset;
  const side = position === "left" ? "left" : "right";
  const address = new URL(`/chat/${token}`, script.src);
  if (theme) address.searchParams.set("theme", theme);

  const host = document.createElement("div");
  // In a tree of its own the page's styles do not reach it.
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  button.type = "button";
  Object.assign(button.style, {
    position: "fixed",
    bottom: "20px",
    [side]: "20px",
    zIndex: "2147483000",
    width: "56px",
    height: "56px",
    border: "2px solid #ffffff",
    borderRadius: "50%",
    background: color,
    boxShadow: "0 4px 14px rgba(0, 0, 0, 0.3)",
    cursor: "pointer",
    padding: "0",
  });
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("width", "26");
  picture.setAttribute("height", "26");
  picture.setAttribute("aria-hidden", "true");
  Object.assign(picture.style, { display: "block", margin: "auto" });
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of Object.entries({
    fill: "none",
    stroke: "#ffffff",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  })) {
    line.setAttribute(name, value);
  }
  picture.append(line);
  button.append(picture);

  let frame = null;
  let isOpen = false;
  const place = () => {
    if (!frame) return;
    const isSmall = window.innerWidth < 500;
    Object.assign(frame.style, {
      position: "fixed",
      zIndex: "2147483000",
      border: "0",
      background: "#ffffff",
      boxShadow: "0 8px 30px rgba(0, 0, 0, 0.3)",
      borderRadius: isSmall ? "0" : "12px",
      width: isSmall ? "100vw" : "400px",
      height: isSmall ? "calc(100dvh - 92px)" : "min(640px, calc(100dvh - 120px))",
      bottom: "92px",
      [side]: isSmall ? "0" : "20px",
      display: isOpen ? "block" : "none",
    });
  };
  const show = (open) => {
    isOpen = open;
    // Nothing is loaded before somebody wants to talk.
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = address.href;
      frame.title = title;
      root.append(frame);
    }
    place();
    line.setAttribute("d", open ? "M6 6l12 12M18 6L6 18" : "M4 5h16v11H9l-5 4z");
    button.setAttribute("aria-label", open ? words.close : `${words.open}: ${title}`);
    button.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
  };
  button.addEventListener("click", () => show(!isOpen));
  window.addEventListener("resize", place);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    show(false);
    button.focus();
  });
  root.append(button);
  show(false);
  const add = () => document.body.append(host);
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add);
})();
