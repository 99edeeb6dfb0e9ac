import { Page } from "../../components/page";
import { useStart } from "./texts";

export default function StartPage() {
  const t = useStart();
  return <Page title={t("title")}>{t("title")}</Page>;
}
