import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { flows } from "../../../api/flows";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useCommon } from "../../../i18n/common";
import { useDraft, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import { DiffView } from "./diff-view";

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
  const close = () => {
    publish.reset();
    ui.set({ dialog: undefined });
  };
  const publish = useMutation({
    mutationFn: async () => {
      if (!(await draft.flush())) throw new Error(t("publish.unsaved"));
      const { revision } = draft.state.get().flow;
      const version = await flows.publish(id, { revision, notes });
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
        {isOpen && flow.live_version !== null && save.kind === "saved" && (
          <DiffView flow={id} from="live" to="draft" />
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
          <Button disabled={errors > 0} loading={publish.isPending} onClick={() => publish.mutate()}>
            {t("publish.submit", { number: flow.latest_version + 1 })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
