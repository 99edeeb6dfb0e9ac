/** Files as they stand in values: the bytes are with the server. */
import type { Json } from "./graph";

export interface StoredFile {
  $file: string;
  name: string;
  media_type: string;
  size_bytes: number;
}

/** Files of one value that are shown. */
const most = 24;

/** The file that a value is. */
export function fileOf(value: Json | undefined): StoredFile | undefined {
  if (!value || typeof value !== "object" || Array.isArray(value)) return undefined;
  const { $file, name, media_type: type, size_bytes: size } = value;
  if (typeof $file !== "string" || typeof name !== "string") return undefined;
  return {
    $file,
    name,
    media_type: typeof type === "string" ? type : "",
    size_bytes: typeof size === "number" ? size : 0,
  };
}

/** All files in a value, each once. */
export function filesIn(value: Json | undefined): StoredFile[] {
  const found = new Map<string, StoredFile>();
  const look = (one: Json | undefined) => {
    if (!one || typeof one !== "object" || found.size >= most) return;
    const file = fileOf(one);
    if (file) found.set(file.$file, file);
    else Object.values(one).forEach(look);
  };
  look(value);
  return [...found.values()];
}

/** How a type of port takes files: `undefined` when it takes none. */
export function fileKind(type: string): { accept: string; isList: boolean } | undefined {
  const inner = /^array<\s*(.+?)\s*>$/.exec(type.trim());
  const kind = (inner?.[1] ?? type).trim();
  const accepts: Record<string, string> = { file: "", image: "image/*", audio: "audio/*" };
  const accept = accepts[kind];
  return accept === undefined ? undefined : { accept, isList: inner !== null };
}
