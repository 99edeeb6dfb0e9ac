import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Failure } from "../api/failure";
import { useCommon } from "../i18n/common";
import { CopyButton } from "./copy-button";

interface Props {
  error: unknown;
  /** Offers to try again. */
  onRetry?: () => void;
}

/** The one way a failed call is shown inside a page or form. */
export function FailureNotice({ error, onRetry }: Props) {
  const t = useCommon();
  const failure = Failure.of(error);
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />}>
      <Text size="sm" c="var(--mantine-color-text)">
        {failure.message}
      </Text>
      {(failure.requestId || onRetry) && (
        <Group gap="xs" mt={6}>
          {onRetry && (
            <Button size="compact-sm" variant="default" onClick={onRetry}>
              {t("retry")}
            </Button>
          )}
          {failure.requestId && (
            <Group gap={2}>
              <Text size="xs" c="dimmed" ff="monospace">
                {t("requestId", { id: failure.requestId })}
              </Text>
              <CopyButton value={failure.requestId} />
            </Group>
          )}
        </Group>
      )}
    </Alert>
  );
}
