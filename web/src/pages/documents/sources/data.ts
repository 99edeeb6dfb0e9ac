import type { CollectionSource, NewSource } from "../../../api/sources";

/** A source as a form holds it. */
export interface SourceForm {
  name: string;
  kind: "s3" | "folder";
  path: string;
  endpoint: string;
  region: string;
  bucket: string;
  prefix: string;
  pathStyle: boolean;
  accessKey: string;
  secret: string;
  include: string;
  exclude: string;
  deleteMissing: boolean;
  /** Minutes; empty when it syncs only when asked. */
  interval: string;
}

export const emptyForm: SourceForm = {
  name: "",
  kind: "s3",
  path: "",
  endpoint: "",
  region: "us-east-1",
  bucket: "",
  prefix: "",
  pathStyle: false,
  accessKey: "",
  secret: "",
  include: "",
  exclude: "",
  deleteMissing: true,
  interval: "",
};

/** The form of a source that is there. Its secret is not known. */
export function formOf(source: CollectionSource): SourceForm {
  const { location } = source;
  const common: SourceForm = {
    ...emptyForm,
    name: source.name,
    include: source.include.join("\n"),
    exclude: source.exclude.join("\n"),
    deleteMissing: source.delete_missing,
    interval: String(source.interval_minutes ?? ""),
  };
  if (location.type === "folder") return { ...common, kind: "folder", path: location.path };
  return {
    ...common,
    endpoint: location.endpoint ?? "",
    region: location.region ?? emptyForm.region,
    bucket: location.bucket,
    prefix: location.prefix ?? "",
    pathStyle: location.path_style ?? false,
    accessKey: location.access_key_id ?? "",
  };
}

const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** What is sent. */
export function contentOf(form: SourceForm): NewSource {
  const rest = {
    name: form.name.trim(),
    include: lines(form.include),
    exclude: lines(form.exclude),
    delete_missing: form.deleteMissing,
    interval_minutes: form.interval ? Number(form.interval) : null,
  };
  if (form.kind === "folder") return { ...rest, location: { type: "folder", path: form.path.trim() } };
  const accessKey = form.accessKey.trim();
  return {
    ...rest,
    secret_access_key: (accessKey && form.secret) || null,
    location: {
      type: "s3",
      endpoint: form.endpoint.trim() || null,
      region: form.region.trim(),
      bucket: form.bucket.trim(),
      prefix: form.prefix.trim(),
      path_style: form.pathStyle,
      access_key_id: accessKey || null,
    },
  };
}

/** Whether enough is there to be tried. */
export function isComplete(form: SourceForm): boolean {
  return Boolean(form.name.trim() && (form.kind === "folder" ? form.path.trim() : form.bucket.trim()));
}
