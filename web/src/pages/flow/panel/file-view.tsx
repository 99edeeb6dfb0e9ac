import { Anchor, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { runFile } from "../../../api/flows";
import type { StoredFile } from "../../../flow/files";
import { bytes } from "../../../i18n/format";
import { useFlow } from "../texts";
import classes from "./file-view.module.css";

/** Files of a run: pictures are seen, sound is heard, all can be kept. */
export function FileList({ files, run }: { files: StoredFile[]; run: string | undefined }) {
  return (
    <Stack gap="xs">
      {files.map((file) => (
        <FileView key={file.$file} file={file} run={run} />
      ))}
    </Stack>
  );
}

/** `run`: the one that has the file; without it only its name is known. */
function FileView({ file, run }: { file: StoredFile; run: string | undefined }) {
  const t = useFlow();
  const [isGone, setGone] = useState(false);
  const address = run && !isGone ? runFile(run, file.$file) : undefined;
  const kind = file.media_type.split("/")[0];
  const gone = () => setGone(true);
  return (
    <figure className={classes.file}>
      {address && kind === "image" && (
        <img src={address} alt={file.name} className={classes.picture} onError={gone} />
      )}
      {address && kind === "audio" && (
        // biome-ignore lint/a11y/useMediaCaption: what flows make has no captions
        <audio controls preload="metadata" src={address} aria-label={file.name} onError={gone} />
      )}
      {address && kind === "video" && (
        // biome-ignore lint/a11y/useMediaCaption: what flows make has no captions
        <video controls preload="metadata" src={address} aria-label={file.name} onError={gone} />
      )}
      <Group component="figcaption" gap="xs" justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed" className="truncate" title={file.name}>
          {file.name} · {bytes(file.size_bytes)}
        </Text>
        {address && (
          <Anchor
            href={address}
            download={file.name}
            size="xs"
            aria-label={t("file.keep", { name: file.name })}
          >
            <IconDownload size={15} aria-hidden />
          </Anchor>
        )}
      </Group>
      {isGone && (
        <Text size="xs" c="var(--mantine-color-error)" role="status">
          {t("file.gone")}
        </Text>
      )}
    </figure>
  );
}
