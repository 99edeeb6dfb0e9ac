import { Fragment, type ReactNode } from "react";

/** A small part of Markdown as elements: headings, lists, bold, italics, code, links. No HTML comes through. */
export function Markdown({ text }: { text: string }) {
  const blocks = text.replaceAll("\r", "").match(parts) ?? [];
  // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no identity but their place
  return blocks.map((block, index) => <Fragment key={index}>{blockOf(block)}</Fragment>);
}

/** Fenced code, which may have empty lines and may not have ended yet; or a paragraph. */
const parts = /^```[\s\S]*?(?:^```[^\S\n]*$|$(?![\s\S]))|(?:(?!^```)[^\n]+\n?)+/gm;

function blockOf(block: string): ReactNode {
  const lines = block.split("\n").filter((line) => line.trim() !== "");
  const fence = /^```[^\n]*\n?([\s\S]*?)\n?(?:```)?$/.exec(block.trim());
  if (fence) return <pre>{fence[1]}</pre>;
  const heading = /^#{1,4}\s+(.*)$/.exec(lines[0] ?? "");
  if (heading) {
    return (
      <>
        <p>
          <strong>{inline(heading[1] ?? "")}</strong>
        </p>
        {lines.length > 1 && blockOf(lines.slice(1).join("\n"))}
      </>
    );
  }
  if (lines.length > 0 && lines.every((line) => /^\s*([-*]|\d+\.)\s+/.test(line))) {
    const List = /^\s*\d/.test(lines[0] ?? "") ? "ol" : "ul";
    return (
      <List>
        {lines.map((line) => (
          <li key={line}>{inline(line.replace(/^\s*([-*]|\d+\.)\s+/, ""))}</li>
        ))}
      </List>
    );
  }
  return <p style={{ whiteSpace: "pre-line" }}>{inline(block.trim())}</p>;
}

const marks = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\([^)\s]+\))/g;

function inline(text: string): ReactNode {
  return text.split(marks).map((part, index) => {
    const key = `${index}:${part}`;
    if (part.startsWith("`") && part.endsWith("`") && part.length > 2) {
      return <code key={key}>{part.slice(1, -1)}</code>;
    }
    if (part.startsWith("**") && part.length > 4) return <strong key={key}>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (link) return safeLink(key, link[1] ?? "", link[2] ?? "");
    if (part.startsWith("*") && part.endsWith("*") && part.length > 2)
      return <em key={key}>{part.slice(1, -1)}</em>;
    return part;
  });
}

function safeLink(key: string, label: string, href: string): ReactNode {
  if (!/^(https?:\/\/|mailto:|\/)/i.test(href)) return label;
  return (
    <a key={key} href={href} target="_blank" rel="noreferrer noopener">
      {label}
    </a>
  );
}
