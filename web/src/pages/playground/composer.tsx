import { ActionIcon, Box, Button, FileButton, Group, Textarea, Tooltip } from "@mantine/core";
import { IconPhoto, IconPlayerStop, IconSend2, IconX } from "@tabler/icons-react";
import type { Picture } from "./chat";
import classes from "./playground.module.css";
import { usePlayground } from "./texts";

interface Props {
  text: string;
  setText: (text: string) => void;
  pictures: Picture[];
  setPictures: (pictures: Picture[]) => void;
  isBusy: boolean;
  canSend: boolean;
  onSend: () => void;
  onStop: () => void;
}

function read(file: File): Promise<Picture> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ name: file.name, url: String(reader.result) });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** What the person writes: text and pictures. Enter sends, Shift+Enter breaks the line. */
export function Composer({ text, setText, pictures, setPictures, isBusy, canSend, onSend, onStop }: Props) {
  const t = usePlayground();
  const attach = async (files: File[]) => setPictures([...pictures, ...(await Promise.all(files.map(read)))]);
  return (
    <Box className={classes.composer}>
      {pictures.length > 0 && (
        <Group gap="xs" mb="xs">
          {pictures.map((picture) => (
            <Group key={picture.url} gap={2} wrap="nowrap">
              <img src={picture.url} alt={picture.name} className={classes.picture} />
              <ActionIcon
                size="sm"
                aria-label={t("removeImage", { name: picture.name })}
                onClick={() => setPictures(pictures.filter((one) => one !== picture))}
              >
                <IconX size={14} />
              </ActionIcon>
            </Group>
          ))}
        </Group>
      )}
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <FileButton
          multiple
          accept="image/png,image/jpeg,image/webp,image/gif"
          onChange={(files) => void attach(files)}
        >
          {(props) => (
            <Tooltip label={t("attach")}>
              <ActionIcon size={36} aria-label={t("attach")} {...props}>
                <IconPhoto size={18} />
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        <Textarea
          flex={1}
          autosize
          minRows={1}
          maxRows={8}
          aria-label={t("message")}
          placeholder={t("placeholder")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            if (canSend) onSend();
          }}
        />
        {isBusy ? (
          <Button h={36} variant="default" leftSection={<IconPlayerStop size={16} />} onClick={onStop}>
            {t("stop")}
          </Button>
        ) : (
          <Button h={36} leftSection={<IconSend2 size={16} />} disabled={!canSend} onClick={onSend}>
            {t("send")}
          </Button>
        )}
      </Group>
    </Box>
  );
}
