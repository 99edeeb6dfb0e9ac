import { Group, SegmentedControl } from "@mantine/core";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { useMay } from "../../session/me";
import { ModelList } from "./model-list";
import { ProviderList } from "./provider-list";
import { RouteList } from "./routes/list";
import { useModelTexts } from "./texts";

export default function ModelsPage() {
  const t = useModelTexts();
  const may = useMay();
  const [view, setView] = useUrlState("view", "models");
  const shown = may("models:read") && (view === "providers" || view === "routes") ? view : "models";
  return (
    <Page title={t("title")} description={t("description")}>
      <Group mb="sm">
        <SegmentedControl
          size="sm"
          aria-label={t("view.label")}
          value={shown}
          onChange={setView}
          data={[
            { value: "models", label: t("view.models") },
            { value: "routes", label: t("view.routes") },
            { value: "providers", label: t("view.providers") },
          ]}
        />
      </Group>
      {shown === "models" && <ModelList toProviders={() => setView("providers")} />}
      {shown === "routes" && <RouteList />}
      {shown === "providers" && <ProviderList />}
    </Page>
  );
}
