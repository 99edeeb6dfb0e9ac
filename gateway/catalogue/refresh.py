#!/usr/bin/env python3
"""Turns a JSON price list into the catalogue's files, one per provider.

    python3 gateway/catalogue/refresh.py PRICES.json AS_OF

PRICES.json is an object of models in the field names that public price lists have in common:
`input_cost_per_token`, `cache_read_input_token_cost`, `…_above_200k_tokens`, `…_batches`, all in US
dollars a unit, with `provider`, `mode`, `max_input_tokens` and `source`. AS_OF is the day on which
the list was read (YYYY-MM-DD).

The script rewrites `<provider>.txt` beside it for the providers in PROVIDERS. Read the diff
before committing: rows kept by hand are lost when the list lacks them. The notation is described in
README.md; the reader is gateway/src/catalogue/row.rs. Nothing is computed here but the shift of the
decimal point: a figure that the list lacks stays absent.
"""

import json
import re
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

# Name in the list -> our provider id.
PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "azure": "azure",
    "mistral": "mistral",
    "groq": "groq",
    "deepseek": "deepseek",
    "xai": "xai",
    "together_ai": "together",
    "fireworks_ai": "fireworks",
    "perplexity": "perplexity",
    "cerebras": "cerebras",
    "nvidia_nim": "nvidia",
    "deepinfra": "deepinfra",
    "sambanova": "sambanova",
    "moonshot": "moonshot",
    "zai": "zhipu",
    "dashscope": "dashscope",
    "novita": "novita",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "ollama": "ollama",
}
MODES = {
    "chat": "chat",
    "responses": "chat",
    "completion": "completion",
    "embedding": "embedding",
    "image_generation": "image",
    "image_edit": "image",
    "audio_transcription": "transcription",
    "audio_speech": "speech",
    "moderation": "moderation",
    "rerank": "rerank",
}
# Rows that are no models of ours: size classes, sandboxes, music, speech services, live audio.
NOT_MODELS = re.compile(
    r"^(fireworks-ai-|together-ai-|openai/container|azure/container|azure/speech/|gemini/lyria"
    r"|nvidia_nim/ranking/|.*-live\b|.*realtime)"
)
# Rows the list does not have. Software that the user runs bills nothing, whatever the model.
EXTRA_ROWS = {"ollama": ["* | - | - - | - | input=0 output=0 | -"]}
# Rows whose price fields mean something else: a router's fee on top of an unnamed model's price, a
# price per step.
NO_PRICES = {
    "azure/model-router",
    "fireworks_ai/accounts/fireworks/models/flux-1-dev-controlnet-union",
}
CAPABILITIES = [
    ("tools", "supports_function_calling"),
    ("parallel_tools", "supports_parallel_function_calling"),
    ("vision", "supports_vision"),
    ("pdf", "supports_pdf_input"),
    ("audio_in", "supports_audio_input"),
    ("video_in", "supports_video_input"),
    ("audio_out", "supports_audio_output"),
    ("image_out", None),
    ("reasoning", "supports_reasoning"),
    ("schema", "supports_response_schema"),
    ("caching", "supports_prompt_caching"),
    ("web_search", "supports_web_search"),
    ("responses_only", None),
]
# Field -> unit, USD per million.
TOKENS = {
    "input_cost_per_token": "input",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "output_cost_per_token": "output",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "audio_input",
    "cache_read_input_audio_token_cost": "cached_audio_input",
    "output_cost_per_audio_token": "audio_output",
    "input_cost_per_image_token": "image_input",
    "cache_read_input_image_token_cost": "cached_image_input",
    "output_cost_per_image_token": "image_output",
    "input_cost_per_character": "character",
}
TIERS = {"batches": "batch", "flex": "flex", "priority": "priority", "ultrafast": "ultrafast"}
FIELD = re.compile(
    r"^(?P<base>.*?)(?:_above_(?P<k>\d+)k_tokens)?(?:_(?P<tier>batches|flex|priority|ultrafast))?$"
)
# A unit that costs what its parent costs is not written.
PARENT = {
    "reasoning": "output",
    "audio_input": "input",
    "image_input": "input",
    "audio_output": "output",
    "image_output": "output",
}
ORDER = [
    "input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning", "audio_input",
    "cached_audio_input", "audio_output", "image_input", "cached_image_input", "image_output",
    "character", "image", "second", "request", "web_search",
]


def shifted(value, places):
    """`value` times 10^`places`, as plain text, without the noise of binary fractions."""
    value = Decimal(value)
    exact = value.quantize(Decimal(1).scaleb(-15))
    if value and abs(exact - value) > value * Decimal("1e-9"):
        raise SystemExit(f"{value} has more than 15 decimals")
    text = format(exact.scaleb(places).normalize(), "f")
    return text


def page(row):
    """Where the figures come from, or an empty text."""
    return row.get("source", "").replace(" ", "%20")


def model_id(key, row):
    key = re.sub(r"^(hd|high|medium|low|standard)/", "", key)
    prefix = row["provider"] + "/"
    return key[len(prefix):] if key.startswith(prefix) else key


def token_prices(row, source=None, above=0):
    found = {}
    for field, value in (source or row).items():
        match = FIELD.match(field)
        unit = TOKENS.get(match["base"])
        if unit is None or not isinstance(value, (int, Decimal)):
            continue
        band = int(match["k"] or 0) * 1000 or above
        found[(TIERS.get(match["tier"], ""), unit, band)] = Decimal(value)
    return found


def prices(key, row, mode):
    # A remark in place of a page says that the figures are somebody's guess.
    if key in NO_PRICES or (page(row) and not page(row).startswith("https://")):
        return {}
    found = token_prices(row)
    for tier in row.get("tiered_pricing", []):
        found |= token_prices(row, tier, int(tier["range"][0]))
    off_peak = row.get("off_peak_pricing")
    if off_peak:
        for (_, unit, band), value in token_prices(row, off_peak).items():
            found[("off_peak", unit, band)] = value
    # A music or diffusion model with a price per token is a price per step in disguise.
    if mode == "image" and row["provider"] == "fireworks_ai":
        found = {}
    # Zeros beside real prices are fillers for units the model does not have.
    if any(found.values()):
        found = {
            k: v for k, v in found.items()
            if v or (k[1] == "input" and row.get("input_cost_per_request"))
        }
    # Writing to a cache never costs less than reading without one: this is a price of reads in the
    # wrong field, and which one nobody says.
    written, plain = found.get(("", "cache_write", 0)), found.get(("", "input", 0))
    if written is not None and plain is not None and written < plain:
        del found[("", "cache_write", 0)]
    each = {}
    if mode == "image":
        value = row.get("output_cost_per_image") or row.get("input_cost_per_image")
        if value:
            each["image"] = value
    if mode in ("transcription", "speech"):
        value = row.get("input_cost_per_second") or row.get("output_cost_per_second")
        if value:
            each["second"] = value
    if row.get("input_cost_per_request"):
        each["request"] = row["input_cost_per_request"]
    if mode == "rerank" and row.get("input_cost_per_query"):
        each["request"] = row["input_cost_per_query"]
        found = {("", "input", 0): Decimal(0)}
    search = row.get("search_context_cost_per_query")
    if search:
        sizes = {size: search[f"search_context_size_{size}"] for size in ("low", "medium", "high")}
        if len(set(sizes.values())) == 1:
            each["web_search"] = sizes["low"]
        else:
            each |= {f"web_search:{size}": value for size, value in sizes.items()}
    for (tier, unit, band), value in list(found.items()):
        parent = PARENT.get(unit)
        if parent and found.get((tier, parent, band)) == value:
            # Only when the standard tier does not set it apart either.
            if found.get(("", unit, 0)) == found.get(("", parent, 0)):
                del found[(tier, unit, band)]
    if each and not any(found.values()) and mode == "image":
        found = {}
    written = {}
    for (tier, unit, band), value in found.items():
        name = (f"{tier}." if tier else "") + unit + (f">{band}" if band else "")
        written[name] = shifted(value, 6)
    for name, value in each.items():
        written[name] = shifted(value, 0)
    if written and all(Decimal(v) == 0 for v in written.values()):
        # "Free" is a claim: believed of classifiers, of software the user runs and of price pages.
        if not (mode == "moderation" or row["provider"] == "ollama" or "pricing" in page(row)):
            return {}
    if off_peak and written:
        written["off_peak.hours"] = hours(off_peak["windows"])
    return written


def hours(windows):
    """`1-5@00:00-01:00,04:00-06:00;6-7@00:00-24:00`: ISO weekdays, then hours in UTC."""
    parts = []
    for window in windows:
        days = window["weekdays"]
        spans = window["hours_utc"]
        spans = [spans] if isinstance(spans, str) else spans
        spans = [re.sub(r"-00:00$", "-24:00", span) for span in spans]
        parts.append(f"{days[0]}-{days[-1]}@{','.join(spans)}")
    return ";".join(parts)


def sort_key(name):
    tier, _, rest = name.rpartition(".")
    unit, _, band = rest.partition(">")
    base = unit.partition(":")[0]
    tiers = ["", "batch", "flex", "priority", "ultrafast", "off_peak"]
    return (tiers.index(tier), int(band or 0), ORDER.index(base) if base in ORDER else 99, unit)


def capabilities(row):
    has = {word for word, field in CAPABILITIES if field and row.get(field) is True}
    inputs = row.get("supported_modalities", [])
    outputs = row.get("supported_output_modalities", [])
    has |= {word for kind, word in (("image", "vision"), ("audio", "audio_in"),
                                    ("video", "video_in")) if kind in inputs}
    has |= {word for kind, word in (("image", "image_out"), ("audio", "audio_out"))
            if kind in outputs}
    if row["mode"] == "responses" and "/v1/chat/completions" not in row.get(
            "supported_endpoints", []):
        has.add("responses_only")
    return [word for word, _ in CAPABILITIES if word in has]


def limits(row, mode):
    context = row.get("max_input_tokens") or (row.get("max_tokens") if mode == "embedding" else None)
    output = row.get("max_output_tokens") if mode in ("chat", "completion") else None
    text = f"{int(context) if context else '-'} {int(output) if output else '-'}"
    if row.get("output_vector_size") and mode == "embedding":
        text += f" dims={row['output_vector_size']}"
    return text


def variants(models):
    """`low/1024-x-1024/gpt-image-1` and its like: prices of one model by quality and size."""
    found = defaultdict(dict)
    pattern = re.compile(r"^(?:azure/)?(high|medium|low|hd)/(\d+)-x-(\d+)/(.+)$")
    for key, row in models.items():
        match = pattern.match(key)
        price = row.get("output_cost_per_image") or row.get("input_cost_per_image")
        if match and price:
            quality, width, height, name = match.groups()
            found[(row["provider"], name)][f"image:{quality}:{width}x{height}"] = shifted(price, 0)
    return found


def main(path, as_of):
    models = json.loads(Path(path).read_text(), parse_float=Decimal)
    by_variant = variants(models)
    files = defaultdict(dict)
    # Keys with the provider's prefix win over bare duplicates, so they come last.
    for key, row in sorted(models.items(), key=lambda kv: kv[0].startswith(kv[1]["provider"] + "/")):
        provider = PROVIDERS.get(row["provider"])
        mode = MODES.get(row.get("mode"))
        if not provider or not mode or NOT_MODELS.match(key) or "-x-" in key:
            continue
        name = model_id(key, row)
        written = prices(key, row, mode) | by_variant.get((row["provider"], name), {})
        row_prices = " ".join(f"{k}={written[k]}" for k in sorted(written, key=sort_key)) or "-"
        files[provider][name] = (row, mode, row_prices)
    for provider, rows in files.items():
        long = "accounts/fireworks/models/"
        for name in [n for n in rows if long + n in rows]:
            del rows[name]
        sources = sorted({page(row) for row, _, _ in rows.values()} - {""})
        sources = [url for url in sources if url.startswith("https://")]
        lines = [f"# Models of `{provider}`; the notation is described in README.md.",
                 f"@as_of {as_of}"]
        lines += [f"@source {i} {url}" for i, url in enumerate(sources, 1)]
        lines.append("")
        lines += EXTRA_ROWS.get(provider, [])
        for name in sorted(rows, key=lambda n: n.encode()):
            row, mode, row_prices = rows[name]
            notes = []
            if page(row) in sources:
                notes.append(f"source={sources.index(page(row)) + 1}")
            if row.get("deprecation_date"):
                notes.append(f"retires={row['deprecation_date']}")
            lines.append(" | ".join([
                name, mode, limits(row, mode), " ".join(capabilities(row)) or "-", row_prices,
                " ".join(notes) or "-",
            ]))
        target = Path(__file__).parent / f"{provider}.txt"
        target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2])
