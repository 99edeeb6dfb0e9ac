import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDots,
  IconPencil,
  IconTemplate,
  IconTrash,
  IconUpload,
} from "@tabler/icons-react";
import { useTemplateForm } from "../../flow/templates/texts";
import { useProjects } from "./texts";

interface Props {
  name: string;
  isArchived: boolean;
  mayWrite: boolean;
  onRename: () => void;
  onDuplicate: () => void;
  onArchive: () => void;
  onExport?: () => void;
  /** Makes a template of it. */
  onKeep?: () => void;
  onRemove: () => void;
}

/** What can be done with a project or flow of a list. */
export function RowMenu(props: Props) {
  const { name, isArchived, mayWrite, onRename, onDuplicate, onArchive, onExport, onKeep, onRemove } = props;
  const t = useProjects();
  const templateForm = useTemplateForm();
  if (!mayWrite && !onExport) return null;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={t("menu", { name })} onClick={(event) => event.stopPropagation()}>
          <IconDots size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        {mayWrite && (
          <>
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={onRename}>
              {t("rename")}
            </Menu.Item>
            <Menu.Item leftSection={<IconCopy size={15} />} onClick={onDuplicate}>
              {t("duplicate")}
            </Menu.Item>
          </>
        )}
        {onExport && (
          <Menu.Item leftSection={<IconUpload size={15} />} onClick={onExport}>
            {t("export")}
          </Menu.Item>
        )}
        {onKeep && (
          <Menu.Item leftSection={<IconTemplate size={15} />} onClick={onKeep}>
            {templateForm("menu")}
          </Menu.Item>
        )}
        {mayWrite && (
          <>
            <Menu.Item
              leftSection={isArchived ? <IconArchiveOff size={15} /> : <IconArchive size={15} />}
              onClick={onArchive}
            >
              {isArchived ? t("unarchive") : t("archive")}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={onRemove}>
              {t("remove")}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
