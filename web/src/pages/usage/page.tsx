import { Button, Group, Menu, SegmentedControl } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { download } from "../../components/download";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { useView, type View } from "./data";
import { type Dimension, dimensions, queryOf, stepOf } from "./filter";
import { FilterBar } from "./filter-bar";
import { Report } from "./report";
import { RequestLog } from "./request-log";
import { useUsage } from "./texts";

export default function UsagePage() {
  const t = useUsage();
  const view = useView();
  const [shown, setShown] = useUrlState("view", "report");
  const [by, setBy] = useUrlState("by", "model");
  const dimension = dimensions.find((one) => one === by) ?? "model";
  return (
    <Page
      title={t("title")}
      description={t("description")}
      actions={<Export view={view} dimension={dimension} />}
    >
      <Group mb="sm">
        <SegmentedControl
          size="sm"
          aria-label={t("view.label")}
          value={shown === "requests" ? shown : "report"}
          onChange={setShown}
          data={[
            { value: "report", label: t("view.report") },
            { value: "requests", label: t("view.requests") },
          ]}
        />
      </Group>
      <FilterBar view={view} />
      {shown === "requests" ? (
        <RequestLog view={view} />
      ) : (
        <Report view={view} dimension={dimension} setDimension={setBy} />
      )}
    </Page>
  );
}

function Export({ view, dimension }: { view: View; dimension: Dimension }) {
  const t = useUsage();
  const loading = useMutation({
    mutationFn: ({ path, extra, name }: { path: string; extra: Record<string, string>; name: string }) => {
      const query = new URLSearchParams({ ...queryOf(view.period, view.filters, Date.now()), ...extra });
      return download(`${path}?${query}`, name);
    },
  });
  const report = () =>
    loading.mutate({
      path: "/api/v1/usage",
      extra: { group_by: `${stepOf(view.period)},${dimension}`, limit: "10000", format: "csv" },
      name: "usage.csv",
    });
  const document = () =>
    loading.mutate({
      path: "/api/v1/usage",
      extra: { group_by: dimension, format: "pdf" },
      name: "usage.pdf",
    });
  const requests = (format: "csv" | "ndjson") =>
    loading.mutate({ path: "/api/v1/usage/requests", extra: { format }, name: `requests.${format}` });
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} loading={loading.isPending}>
          {t("export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={report}>{t("exportReport")}</Menu.Item>
        <Menu.Item onClick={document}>{t("exportDocument")}</Menu.Item>
        <Menu.Item onClick={() => requests("csv")}>{t("exportRequests")}</Menu.Item>
        <Menu.Item onClick={() => requests("ndjson")}>{t("exportRequestsJson")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
