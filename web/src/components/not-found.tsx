import { Button } from "@mantine/core";
import { IconCompass } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useCommon } from "../i18n/common";
import { EmptyState } from "./empty-state";

export function NotFound() {
  const t = useCommon();
  return (
    <EmptyState icon={IconCompass} title={t("notFound")} hint={t("notFoundHint")}>
      <Button component={Link} to="/" variant="default">
        {t("toHome")}
      </Button>
    </EmptyState>
  );
}
