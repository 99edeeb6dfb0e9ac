/** The mark: two nodes and the way between them, an N. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0a6a5d" />
      <path
        d="M9.5 22.5v-13l13 13v-13"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="9.5" cy="22.5" r="3.4" fill="#7fe3cf" />
      <circle cx="22.5" cy="9.5" r="3.4" fill="#7fe3cf" />
    </svg>
  );
}
