import { Group, SegmentedControl } from "@mantine/core";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { Configuration } from "./configuration";
import { Licences } from "./licences";
import { Organizations } from "./organizations";
import { System } from "./system";
import { useAdministration } from "./texts";

const views = {
  organizations: Organizations,
  system: System,
  configuration: Configuration,
  licences: Licences,
};

export default function AdministrationPage() {
  const t = useAdministration();
  const [view, setView] = useUrlState("view", "organizations");
  const shown = view in views ? (view as keyof typeof views) : "organizations";
  const View = views[shown];
  return (
    <Page title={t("title")} description={t("description")}>
      <Group mb="sm" style={{ overflowX: "auto" }}>
        <SegmentedControl
          size="sm"
          aria-label={t("view.label")}
          value={shown}
          onChange={setView}
          data={Object.keys(views).map((value) => ({
            value,
            label: t(`view.${value as keyof typeof views}`),
          }))}
        />
      </Group>
      <View />
    </Page>
  );
}
