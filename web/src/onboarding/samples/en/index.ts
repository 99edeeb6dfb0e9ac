import delivery from "./delivery.md?raw";
import returns from "./returns.md?raw";
import shops from "./shops.md?raw";
import warranty from "./warranty.md?raw";

export default {
  "Delivery.md": delivery,
  "Returns.md": returns,
  "Shops and opening hours.md": shops,
  "Warranty and service.md": warranty,
};
