import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { flows } from "../../../api/flows";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useCommon } from "../../../i18n/common";
import { useDraft, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import { DiffView } from "./diff-view";
import { PermissionSheet } from "./permission-sheet";

/** Makes a version of the draft, after a look at what is new in it. */
export function PublishDialog() {
  const t = useFlow();
  const common = useCommon();
  const session = useSession();
  const { draft, id, ui } = session;
  const client = useQueryClient();
  const isOpen = useUi((state) => state.dialog === "publish");
  const flow = useDraft((state) => state.flow);
  const save = useDraft((state) => state.save);
  const errors = useDraft(({ report }) => report.problems.filter((one) => one.severity === "error").length);
  const [notes, setNotes] = useState("");
  const [accepted, setAccepted] = useState<number>();
  const isSaved = save.kind === "saved";
  useEffect(() => {
    // The sheet and the differences are those of the draft as it is saved.
    if (isOpen) void draft.flush();
  }, [isOpen, draft]);
  const permissions = useQuery({
    queryKey: ["flow-permissions", id, flow.revision],
    queryFn: () => flows.permissions(id),
    enabled: isOpen && isSaved,
    gcTime: 0,
  });
  const grows = permissions.data?.some((one) => one.is_new) ?? false;
  // What was accepted was that of one revision: another may want more.
  const isAccepted = accepted === flow.revision;
  const close = () => {
    publish.reset();
    setAccepted(undefined);
    ui.set({ dialog: undefined });
  };
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await draft.flush())) throw new Error(t("publish.unsaved"));
      const { revision } = draft.state.get().flow;
      const version = await flows.publish(id, {
        revision,
        notes,
        accept_permissions: revision === accepted,
      });
      draft.adopt(await flows.get(id));
      return version;
    },
    meta: { silent: true },
    onSuccess: async ({ number }) => {
      setNotes("");
      close();
      showDone(t("publish.done", { number }));
      await client.invalidateQueries({ queryKey: ["flows"] });
    },
  });
  return (
    <Modal opened={isOpen} onClose={close} title={t("publish.title")} size="lg">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("publish.hint")}
        </Text>
        {errors > 0 && (
          <Alert color="red">
            <Group justify="space-between" gap="xs">
              <Text size="sm">{t("publish.errors", { count: errors })}</Text>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => ui.set({ dialog: undefined, drawer: "problems" })}
              >
                {t("publish.showErrors")}
              </Button>
            </Group>
          </Alert>
        )}
        {permissions.error && <FailureNotice error={permissions.error} onRetry={permissions.refetch} />}
        {permissions.data && (
          <PermissionSheet
            permissions={permissions.data}
            isAccepted={isAccepted}
            onAccept={(is) => setAccepted(is ? flow.revision : undefined)}
          />
        )}
        {isOpen && flow.live_version !== null && isSaved && (
          <DiffView flow={id} from="live" to="draft" hasPermissions={false} />
        )}
        <Textarea
          label={t("publish.notes")}
          description={t("publish.notesHint")}
          data-autofocus
          autosize
          minRows={2}
          maxRows={8}
          value={notes}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
        {publish.error && <FailureNotice error={publish.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {common("cancel")}
          </Button>
          <Button
            disabled={errors > 0 || (grows && !isAccepted)}
            loading={publish.isPending}
            onClick={() => publish.mutate()}
          >
            {t("publish.submit", { number: flow.latest_version + 1 })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
