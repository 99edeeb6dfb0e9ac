import garantie from "./garantie.md?raw";
import geschaefte from "./geschaefte.md?raw";
import lieferung from "./lieferung.md?raw";
import rueckgabe from "./rueckgabe.md?raw";

export default {
  "Garantie und Inspektion.md": garantie,
  "Geschäfte und Öffnungszeiten.md": geschaefte,
  "Lieferung.md": lieferung,
  "Rückgabe.md": rueckgabe,
};
