import { Button, Group, Modal, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { useTeamNames } from "../../api/names";
import { CodeBlock } from "../../components/code-block";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { isRole, useRoleChoices } from "../../components/role/role";
import { useRoleTexts } from "../../components/role/texts";
import { useCommon } from "../../i18n/common";
import { useInvitationLink } from "./data";
import { useMembers } from "./texts";

interface Props {
  isOpen: boolean;
  onClose: () => void;
}

const days = ["1", "3", "7", "14", "30"];

interface Fields {
  email: string;
  role: string;
  team: string | null;
  days: string;
}

/** The form of an invitation, then its link where the server sends no mails. */
export function Invite({ isOpen, onClose }: Props) {
  const t = useMembers();
  const client = useQueryClient();
  const sending = useMutation({
    meta: { silent: true },
    mutationFn: ({ email, role, team, days }: Fields) =>
      body(
        api.POST("/api/v1/invitations", {
          body: {
            email: email.trim(),
            role: isRole(role) ? role : "viewer",
            team_id: team,
            expires_in_days: Number(days),
          },
        }),
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["invitations"] });
      void client.invalidateQueries({ queryKey: ["outbox"] });
    },
  });
  const close = () => {
    sending.reset();
    onClose();
  };
  const sent = sending.data;
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={sent ? t("sent.title", { email: sent.email }) : t("form.title")}
      size="lg"
    >
      {sent ? (
        <Sent email={sent.email} onAnother={sending.reset} onDone={close} />
      ) : (
        <Form
          error={sending.error}
          isBusy={sending.isPending}
          onSubmit={(fields) => sending.mutate(fields)}
          onCancel={close}
        />
      )}
    </Modal>
  );
}

interface FormProps {
  error: unknown;
  isBusy: boolean;
  onSubmit: (fields: Fields) => void;
  onCancel: () => void;
}

function Form({ error, isBusy, onSubmit, onCancel }: FormProps) {
  const t = useMembers();
  const common = useCommon();
  const role = useRoleTexts();
  const choices = useRoleChoices();
  const teams = useTeamNames();
  const form = useForm<Fields>({
    initialValues: { email: "", role: "editor", team: null, days: "7" },
    validate: { email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : common("invalidEmail")) },
  });
  const chosen = form.values.role;
  return (
    <form onSubmit={form.onSubmit(onSubmit)} noValidate>
      <Stack gap="sm">
        <TextInput
          type="email"
          label={t("form.email")}
          description={t("form.emailHint")}
          autoComplete="off"
          required
          data-autofocus
          {...form.getInputProps("email")}
        />
        <Select
          label={t("form.role")}
          description={isRole(chosen) ? role(`hint.${chosen}`) : undefined}
          allowDeselect={false}
          data={choices}
          {...form.getInputProps("role")}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <Select
            label={t("form.team")}
            description={t("form.teamHint")}
            placeholder={common("none")}
            clearable
            searchable
            data={[...(teams ?? [])].map(([value, label]) => ({ value, label }))}
            {...form.getInputProps("team")}
          />
          <Select
            label={t("form.days")}
            description={" "}
            allowDeselect={false}
            data={days.map((value) => ({ value, label: t("form.day", { count: Number(value) }) }))}
            {...form.getInputProps("days")}
          />
        </SimpleGrid>
        {error != null && <FailureNotice error={error} />}
        <Group justify="flex-end" mt="xs">
          <Button variant="default" onClick={onCancel}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t("form.send")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface SentProps {
  email: string;
  onAnother: () => void;
  onDone: () => void;
}

function Sent({ email, onAnother, onDone }: SentProps) {
  const t = useMembers();
  const common = useCommon();
  const link = useInvitationLink(email);
  return (
    <Stack gap="sm">
      {link.isLoading && <Pending rows={2} />}
      {link.error && <FailureNotice error={link.error} onRetry={link.refetch} />}
      {!link.isLoading && !link.error && (
        <Text size="sm">{link.data ? t("sent.held") : t("sent.mailed")}</Text>
      )}
      {link.data && <CodeBlock code={link.data} label={t("sent.link")} wrap />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onAnother}>
          {t("sent.another")}
        </Button>
        <Button onClick={onDone}>{common("done")}</Button>
      </Group>
    </Stack>
  );
}
