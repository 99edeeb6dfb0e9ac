import { Tabs } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { type Permission, useMay } from "../../session/me";
import { AuditLog } from "./audit-log";
import { Budgets } from "./budgets";
import { End } from "./end";
import { General } from "./general";
import { Limits } from "./limits";
import { Outbox } from "./outbox";
import classes from "./settings.module.css";
import { useSettings } from "./texts";

const tabs = [
  { name: "general", permission: "organization:read", render: () => <General /> },
  { name: "limits", permission: "limits:read", render: () => <Limits /> },
  { name: "budgets", permission: "limits:read", render: () => <Budgets /> },
  { name: "audit", permission: "audit:read", render: () => <AuditLog /> },
  { name: "outbox", permission: "outbox:read", render: () => <Outbox /> },
  { name: "end", permission: "organization:update", render: () => <End /> },
] as const satisfies { name: string; permission: Permission; render: () => ReactNode }[];

export default function SettingsPage() {
  const t = useSettings();
  const may = useMay();
  const [word, setTab] = useUrlState("tab", "general");
  const open = tabs.filter(({ permission }) => may(permission));
  const tab = open.find(({ name }) => name === word) ?? open[0];
  const list = useRef<HTMLDivElement>(null);
  // On a phone the row of tabs is wider than the screen: the open one is brought into view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is another place
  useEffect(() => {
    const button = list.current?.querySelector('[aria-selected="true"]');
    button?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [tab?.name]);
  return (
    <Page title={t("title")} description={t("description")}>
      <Tabs
        value={tab?.name ?? null}
        onChange={(value) => value && setTab(value)}
        keepMounted={false}
        activateTabWithKeyboard={false}
      >
        <Tabs.List ref={list} aria-label={t("tab.label")} className={classes.tabs} mb="lg">
          {open.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {t(`tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {open.map(({ name, render }) => (
          <Tabs.Panel key={name} value={name}>
            {render()}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
