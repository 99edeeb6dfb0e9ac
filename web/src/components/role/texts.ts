import { defineTexts } from "../../i18n/texts";

/** What roles are called, and in a few words what they may do. */
export const useRoleTexts = defineTexts("roles", {
  en: {
    role: "Role",
    owner: "Owner",
    admin: "Administrator",
    editor: "Editor",
    viewer: "Viewer",
    hint: {
      owner: "everything, the deletion of the organization too",
      admin: "members, keys, credentials, limits, settings",
      editor: "builds and runs flows, uses models, makes documents searchable",
      viewer: "looks, and uses what others built",
    },
  },
  de: {
    role: "Rolle",
    owner: "Besitzer",
    admin: "Administrator",
    editor: "Bearbeiter",
    viewer: "Betrachter",
    hint: {
      owner: "alles, auch die Löschung der Organisation",
      admin: "Mitglieder, Schlüssel, Zugangsdaten, Grenzen, Einstellungen",
      editor: "baut und startet Abläufe, benutzt Modelle, macht Dokumente durchsuchbar",
      viewer: "sieht zu und benutzt, was andere gebaut haben",
    },
  },
});
