import { Modal, Paper, ScrollArea, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useId, useRef, useState } from "react";
import { findTypes, type NodeType } from "../../flow/node-type";
import { entryFor, exitFor } from "../../flow/ports";
import { addPicked } from "./commands";
import classes from "./flow.module.css";
import { TypeIcon } from "./icons";
import { type PickerWish, useSession, useUi } from "./session";
import { useFlow } from "./texts";

const size = { width: 290, height: 360 };

/** A list of the node types that fit where one is wanted: written to, moved in by arrows, taken by Enter. */
export function Picker() {
  const session = useSession();
  const wish = useUi((ui) => ui.picker);
  const t = useFlow();
  const close = () => session.ui.set({ picker: undefined });
  if (!wish) return null;
  if (!wish.at) {
    return (
      <Modal opened onClose={close} title={t("picker.title")} size={380}>
        <List wish={wish} onDone={close} />
      </Modal>
    );
  }
  const left = Math.max(8, Math.min(wish.at.x, window.innerWidth - size.width - 8));
  const top = Math.max(8, Math.min(wish.at.y, window.innerHeight - size.height - 8));
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape does the same */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same */}
      <div className={classes.behind} onClick={close} />
      <Paper
        shadow="md"
        p="xs"
        role="dialog"
        aria-label={t("picker.title")}
        style={{ position: "fixed", left, top, width: size.width, zIndex: 300 }}
      >
        <List wish={wish} onDone={close} />
      </Paper>
    </>
  );
}

function fits(type: NodeType, wish: PickerWish): boolean {
  if (wish.from && !entryFor(wish.from.type, type.ports)) return false;
  if (wish.to && !exitFor(wish.to.type, type.ports)) return false;
  return !wish.edge || (type.ports.inputs.length > 0 && type.ports.outputs.length > 0);
}

function List({ wish, onDone }: { wish: PickerWish; onDone: () => void }) {
  const t = useFlow();
  const session = useSession();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const options = useRef<HTMLDivElement>(null);
  const types = [...session.book.types.values()].filter((type) => fits(type, wish));
  const found = findTypes(types, query);
  const take = (type: NodeType | undefined) => {
    if (!type) return;
    onDone();
    const id = addPicked(session, type, wish);
    // The keyboard goes on at the new node.
    setTimeout(() => document.querySelector<HTMLElement>(`[data-id="${id}"]`)?.focus(), 60);
  };
  useEffect(() => {
    options.current?.querySelector(`[id="${list}-${at}"]`)?.scrollIntoView({ block: "nearest" });
  }, [at, list]);
  return (
    <Stack gap="xs">
      <TextInput
        size="xs"
        data-autofocus
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found[at] ? `${list}-${at}` : undefined}
        leftSection={<IconSearch size={14} />}
        placeholder={t("palette.search")}
        aria-label={t("palette.search")}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
          else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
          else if (event.key === "Enter") take(found[at]);
          else if (event.key === "Escape") onDone();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <ScrollArea.Autosize mah={280} type="auto">
        <div role="listbox" id={list} aria-label={t("picker.title")} ref={options}>
          {found.map((type, index) => (
            <UnstyledButton
              key={type.type}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === at}
              tabIndex={-1}
              className={classes.type}
              data-at={index === at || undefined}
              onMouseEnter={() => setAt(index)}
              onClick={() => take(type)}
            >
              <TypeIcon name={type.icon} />
              <span style={{ minWidth: 0 }}>
                <Text size="xs" fw={550}>
                  {type.title}
                </Text>
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {type.summary}
                </Text>
              </span>
            </UnstyledButton>
          ))}
        </div>
        {found.length === 0 && (
          <Text size="xs" c="dimmed" p="xs">
            {t("palette.nothing")}
          </Text>
        )}
      </ScrollArea.Autosize>
    </Stack>
  );
}
