import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Language } from "../i18n/language";
import type { Permission } from "../session/me";

/** Loads a page; what it renders takes no properties. */
// biome-ignore lint/suspicious/noExplicitAny: the form that the router asks for
export type LoadPage = () => Promise<{ default: ComponentType<any> }>;

/** A page inside the shell: its route, and how navigation and command palette name it. */
export interface PageEntry {
  /** Such as `/keys`, or `/models/$provider` with a part that the page reads by `useParams`. */
  path: string;
  /** Every language, so that a new page cannot forget one. */
  title: Record<Language, string>;
  /** Loads the folder's `page.tsx`, whose default export is the page. */
  load: LoadPage;
  /** Shown in the navigation with this symbol; other pages are reached by links. */
  icon?: Icon;
  /** Without it the page is neither shown nor opened. */
  permission?: Permission;
  /** Only for the owner of the whole instance. */
  instanceOwner?: boolean;
  /** More words by which the command palette finds it. */
  keywords?: string;
}
