/** Opens the command palette, which is loaded after the first page. */
export function openPalette(): void {
  window.dispatchEvent(new Event("open-palette"));
}

/** Opens the dialog that makes an organization. */
export function openNewOrganization(): void {
  window.dispatchEvent(new Event("new-organization"));
}
