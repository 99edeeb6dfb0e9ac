import { Modal } from "@mantine/core";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { showDone } from "../../../components/toast";
import { useRoute, useSaveRoute } from "./data";
import { draftOf, emptyDraft } from "./draft";
import { RouteForm } from "./form";
import { useRouteTexts } from "./texts";

interface Props {
  /** A route's id, or `new`; closed without one. */
  id: string | undefined;
  onClose: () => void;
}

/** Makes a route, or changes one. */
export function RouteDialog({ id, onClose }: Props) {
  const t = useRouteTexts();
  return (
    <Modal
      opened={id !== undefined}
      onClose={onClose}
      size="lg"
      title={t(id === "new" ? "addTitle" : "editTitle")}
    >
      {id === "new" && <New onClose={onClose} />}
      {id !== undefined && id !== "new" && <Existing id={id} onClose={onClose} />}
    </Modal>
  );
}

function New({ onClose }: { onClose: () => void }) {
  const t = useRouteTexts();
  const save = useSaveRoute(undefined, () => {
    showDone(t("saved"));
    onClose();
  });
  return (
    <RouteForm
      initial={emptyDraft}
      isBusy={save.isPending}
      error={save.error}
      onEdit={save.reset}
      onSave={(wanted) => save.mutate(wanted)}
      onClose={onClose}
    />
  );
}

function Existing({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useRouteTexts();
  const found = useRoute(id);
  const save = useSaveRoute(id, () => {
    showDone(t("saved"));
    onClose();
  });
  if (found.error) return <FailureNotice error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Pending rows={3} />;
  const { route, tag } = found.data;
  return (
    <RouteForm
      initial={() => draftOf(route.name, route.definition)}
      before={route.definition}
      isBusy={save.isPending}
      error={save.error}
      onEdit={save.reset}
      onSave={(wanted) => save.mutate({ ...wanted, tag })}
      onClose={onClose}
    />
  );
}
