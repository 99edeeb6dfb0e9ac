import { Button } from "@mantine/core";
import { IconMoodSad } from "@tabler/icons-react";
import { Component, type ReactNode } from "react";
import { useCommon } from "../i18n/common";
import { EmptyState } from "./empty-state";

function Crashed({ error }: { error: Error }) {
  const t = useCommon();
  return (
    <EmptyState icon={IconMoodSad} title={t("crashed")} hint={`${t("crashedHint")} (${error.message})`}>
      <Button onClick={() => location.reload()}>{t("reload")}</Button>
    </EmptyState>
  );
}

interface State {
  error: Error | null;
}

/** Keeps a failure of one part from taking the rest with it. A new `of` begins anew. */
export class Boundary extends Component<{ of: string; children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override componentDidUpdate(before: { of: string }) {
    if (before.of !== this.props.of && this.state.error) this.setState({ error: null });
  }

  override render() {
    return this.state.error ? <Crashed error={this.state.error} /> : this.props.children;
  }
}
