import { Group, SegmentedControl } from "@mantine/core";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { useMay } from "../../session/me";
import { ModelList } from "./model-list";
import { ProviderList } from "./provider-list";
import { useModelTexts } from "./texts";

export default function ModelsPage() {
  const t = useModelTexts();
  const may = useMay();
  const [view, setView] = useUrlState("view", "models");
  const showsProviders = view === "providers" && may("models:read");
  return (
    <Page title={t("title")} description={t("description")}>
      <Group mb="sm">
        <SegmentedControl
          size="sm"
          aria-label={t("view.label")}
          value={showsProviders ? "providers" : "models"}
          onChange={setView}
          data={[
            { value: "models", label: t("view.models") },
            { value: "providers", label: t("view.providers") },
          ]}
        />
      </Group>
      {showsProviders ? <ProviderList /> : <ModelList toProviders={() => setView("providers")} />}
    </Page>
  );
}
