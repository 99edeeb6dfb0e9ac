import { Alert, Badge, Box, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconShieldExclamation } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { useMe } from "../../../session/me";
import { DisableApp, EnrolApp } from "./app";
import { factorsQuery } from "./data";
import { Passkeys } from "./passkeys";
import { RecoveryCodes, RenewCodes } from "./recovery-codes";
import { useFactors } from "./texts";

type Dialog = "enrol" | "disable" | "renew" | null;

/** Second factors: codes of an app, passkeys, recovery codes. */
export function Factors() {
  const t = useFactors();
  const { mfa } = useMe();
  const [dialog, setDialog] = useState<Dialog>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const factors = useQuery(factorsQuery);
  if (factors.error) return <FailureNotice error={factors.error} onRetry={factors.refetch} />;
  if (!factors.data) return <Pending rows={3} height={52} />;
  const { enabled, totp, recovery_codes_left: left } = factors.data;
  const close = () => setDialog(null);
  return (
    <Stack gap="sm">
      {mfa.required && (
        <Alert variant="light" color="yellow" icon={<IconShieldExclamation size={18} />}>
          <Text size="sm">{t(enabled ? "signInAgain" : "required")}</Text>
        </Alert>
      )}
      <Paper radius="lg">
        <Row title={t("app.title")} hint={t("app.hint")} isOn={totp}>
          <Button size="compact-sm" variant="default" onClick={() => setDialog(totp ? "disable" : "enrol")}>
            {totp ? t("app.disable") : t("app.enrol")}
          </Button>
        </Row>
        <Passkeys onCodes={setCodes} />
        {enabled && (
          <Row title={t("codes.title")} hint={t("codes.left", { count: left })}>
            <Button size="compact-sm" variant="default" onClick={() => setDialog("renew")}>
              {t("codes.renew")}
            </Button>
          </Row>
        )}
      </Paper>
      {dialog === "enrol" && <EnrolApp onCodes={setCodes} onClose={close} />}
      {dialog === "disable" && <DisableApp onClose={close} />}
      {dialog === "renew" && <RenewCodes onCodes={setCodes} onClose={close} />}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(null)} />}
    </Stack>
  );
}

interface RowProps {
  title: string;
  hint: string;
  isOn?: boolean;
  children: ReactNode;
}

function Row({ title, hint, isOn, children }: RowProps) {
  const t = useFactors();
  return (
    <Group px="md" py="sm" justify="space-between" wrap="nowrap">
      <Box>
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {title}
          </Text>
          {isOn && <Badge color="green">{t("on")}</Badge>}
        </Group>
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      </Box>
      <Box flex="none">{children}</Box>
    </Group>
  );
}
