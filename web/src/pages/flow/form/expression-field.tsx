import { ActionIcon, Box, Input, Textarea } from "@mantine/core";
import { IconBraces } from "@tabler/icons-react";
import { lazy, type ReactNode, Suspense, useRef, useState } from "react";
import { useFlow } from "../texts";
import type { EditorHandle, Language, Typed } from "./code/editor";
import { LivePreview } from "./preview";
import { useReferences } from "./references";

const CodeEditor = lazy(() => import("./code/editor"));

interface Props {
  label: ReactNode;
  /** What screen readers call it. */
  name: string;
  description?: ReactNode;
  placeholder?: string;
  value: string;
  error?: ReactNode;
  isRequired?: boolean;
  isDisabled?: boolean;
  language?: Language;
  lines?: number;
  onChange: (value: string) => void;
}

/** A text that may hold expressions or code, with completion of what it may name and a look at the value. */
export function ExpressionField(props: Props) {
  const { label, name, value, language = "template", lines = 1, isDisabled = false, onChange } = props;
  const t = useFlow();
  const [isFocused, setFocused] = useState(false);
  const handle = useRef<EditorHandle>(null);
  /** What is typed while the editor is loaded. */
  const typed = useRef<Typed | null>(null);
  const references = useReferences();
  const hasExpressions = language === "template" || language === "expression";
  return (
    <Box pos="relative">
      <Input.Label labelElement="div" size="xs" required={props.isRequired} mb={3} pr={26}>
        {label}
      </Input.Label>
      {props.description && (
        <Input.Description size="xs" mb={4}>
          {props.description}
        </Input.Description>
      )}
      <Suspense
        fallback={
          <Textarea
            size="xs"
            aria-label={name}
            disabled={isDisabled}
            value={value}
            minRows={lines}
            autosize
            onChange={(event) => {
              const { value: text, selectionEnd } = event.currentTarget;
              typed.current = { text, cursor: selectionEnd };
              onChange(text);
            }}
            onFocus={(event) => {
              const { value: text, selectionEnd } = event.currentTarget;
              typed.current = { text, cursor: selectionEnd };
            }}
            onBlur={(event) => {
              // Without a next field it is this one that goes away.
              if (event.relatedTarget) typed.current = null;
            }}
          />
        }
      >
        <CodeEditor
          name={name}
          value={value}
          language={language}
          references={references}
          placeholder={props.placeholder}
          lines={lines}
          isDisabled={isDisabled}
          isRequired={props.isRequired ?? false}
          isInvalid={Boolean(props.error)}
          handle={handle}
          typed={typed}
          onChange={onChange}
          onFocus={setFocused}
        />
      </Suspense>
      {/* Behind the field for the keyboard, above it for the eye. */}
      {hasExpressions && !isDisabled && (
        <ActionIcon
          size="xs"
          pos="absolute"
          top={0}
          right={0}
          aria-label={t("form.insert", { name })}
          title={t("form.insert", { name })}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => handle.current?.offer()}
        >
          <IconBraces size={13} />
        </ActionIcon>
      )}
      {props.error && (
        <Input.Error size="xs" mt={4}>
          {props.error}
        </Input.Error>
      )}
      {isFocused && hasExpressions && <LivePreview text={value} isBare={language === "expression"} />}
    </Box>
  );
}
