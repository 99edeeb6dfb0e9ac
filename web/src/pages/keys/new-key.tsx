import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { CodeBlock } from "../../components/code-block";
import { CopyButton } from "../../components/copy-button";
import { FailureNotice } from "../../components/failure-notice";
import { helloCall } from "../../components/snippet";
import { Snippets } from "../../components/snippets";
import { useKeys } from "./texts";

interface Props {
  apiKey: string;
  trouble: unknown;
  onDone: () => void;
}

/** The key, this once, and a call that uses it. */
export function NewKey({ apiKey, trouble, onDone }: Props) {
  const t = useKeys();
  return (
    <Stack gap="sm">
      <Alert variant="light" color="yellow" icon={<IconAlertTriangle size={18} />}>
        <Text size="sm">{t("once.hint")}</Text>
      </Alert>
      <CodeBlock code={apiKey} label={t("once.title")} wrap />
      {trouble != null && (
        <>
          <Text size="sm">{t("once.partly")}</Text>
          <FailureNotice error={trouble} />
        </>
      )}
      <Text size="sm" fw={550} mt="xs">
        {t("once.try")}
      </Text>
      <Snippets call={helloCall} apiKey={apiKey} />
      <Group justify="flex-end">
        <CopyButton value={apiKey} label={t("once.copy")} />
        <Button onClick={onDone}>{t("once.done")}</Button>
      </Group>
    </Stack>
  );
}
