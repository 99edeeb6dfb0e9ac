//! The table of compatible vendors. Facts are of each vendor's own pages, read 2026-11-22.

use super::{Row, UsagePlace};
use crate::dialect::DialectId;
use crate::openai::ALL_OPERATIONS;
use crate::openai::request::{Prefill, Replay};
use crate::provider::Operation::{
    Completions, Embeddings, Images, Moderation, Speech, Transcription, Translation,
};

/// Servers that know only the older name of the cap.
const OLD_CAP: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens")];

pub(super) static ROWS: &[Row] = &[
    Row {
        id: "mistral",
        title: "Mistral",
        docs_url: "https://docs.mistral.ai/api",
        base_url: "https://api.mistral.ai/v1",
        key_env: "MISTRAL_API_KEY",
        passthrough: &[Embeddings, Transcription, Moderation],
        // Unknown fields are answered with 422 "Extra inputs are not permitted".
        refused: &[
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "stream_options",
            "service_tier",
            "store",
            "user",
            "verbosity",
        ],
        renamed: &[
            ("max_completion_tokens", "max_tokens"),
            ("seed", "random_seed"),
        ],
        usage: UsagePlace::Always,
        refuses_developer: true,
        top_k: false,
        max_temperature: 1.5,
        short_call_ids: true,
        prefill: Prefill::Marked("prefix"),
        only: Some(&["guardrails", "prediction", "prompt_mode", "safe_prompt"]),
        ..Row::DEFAULT
    },
    Row {
        id: "groq",
        title: "Groq",
        docs_url: "https://console.groq.com/docs/openai",
        base_url: "https://api.groq.com/openai/v1",
        key_env: "GROQ_API_KEY",
        passthrough: &[Transcription, Translation, Speech],
        // Answered with 400.
        refused: &["logprobs", "logit_bias", "top_logprobs"],
        // The last chunk has it in `x_groq.usage` without being asked; asking gives OpenAI's form.
        usage: UsagePlace::OnRequest,
        top_k: false,
        // Others are answered with 400 "property … is unsupported".
        only: Some(&[
            "citation_options",
            "compound_custom",
            "disable_tool_validation",
            "documents",
            "include_reasoning",
            "reasoning_format",
            "search_settings",
            "service_tier",
        ]),
        ..Row::DEFAULT
    },
    Row {
        id: "deepseek",
        title: "DeepSeek",
        docs_url: "https://api-docs.deepseek.com/api/create-chat-completion",
        base_url: "https://api.deepseek.com",
        key_env: "DEEPSEEK_API_KEY",
        renamed: OLD_CAP,
        // Demanded back on turns that called tools, ignored on others.
        replay: Replay::Always("reasoning_content"),
        refuses_developer: true,
        top_k: false,
        json_schema: false,
        thinking: true,
        ..Row::DEFAULT
    },
    Row {
        id: "xai",
        title: "xAI",
        docs_url: "https://docs.x.ai/docs/api-reference",
        base_url: "https://api.x.ai/v1",
        key_env: "XAI_API_KEY",
        dialects: &[DialectId::Chat, DialectId::Responses],
        passthrough: &[Completions, Images],
        top_k: false,
        ..Row::DEFAULT
    },
    Row {
        id: "together",
        title: "Together AI",
        docs_url: "https://docs.together.ai/reference/chat-completions-1",
        base_url: "https://api.together.xyz/v1",
        key_env: "TOGETHER_API_KEY",
        passthrough: &[
            Completions,
            Embeddings,
            Images,
            Transcription,
            Translation,
            Speech,
        ],
        renamed: OLD_CAP,
        ..Row::DEFAULT
    },
    Row {
        id: "fireworks",
        title: "Fireworks AI",
        docs_url: "https://docs.fireworks.ai/api-reference/post-chatcompletions",
        base_url: "https://api.fireworks.ai/inference/v1",
        key_env: "FIREWORKS_API_KEY",
        passthrough: &[Completions, Embeddings],
        replay: Replay::ToolTurns("reasoning_content"),
        // Others are answered with 400 "Extra inputs are not permitted".
        only: Some(&[
            "context_length_exceeded_behavior",
            "ignore_eos",
            "min_p",
            "mirostat_lr",
            "mirostat_target",
            "perf_metrics_in_response",
            "prediction",
            "prompt_truncate_len",
            "raw_output",
            "repetition_penalty",
            "service_tier",
            "speculation",
            "typical_p",
        ]),
        ..Row::DEFAULT
    },
    Row {
        id: "openrouter",
        title: "OpenRouter",
        docs_url: "https://openrouter.ai/docs/api-reference/chat-completion",
        base_url: "https://openrouter.ai/api/v1",
        key_env: "OPENROUTER_API_KEY",
        passthrough: &[Completions, Embeddings],
        replay: Replay::ToolTurns("reasoning"),
        cache_control: true,
        prefill: Prefill::Plain,
        ..Row::DEFAULT
    },
    Row {
        id: "perplexity",
        title: "Perplexity",
        docs_url: "https://docs.perplexity.ai/api-reference/chat-completions-post",
        base_url: "https://api.perplexity.ai",
        key_env: "PERPLEXITY_API_KEY",
        renamed: OLD_CAP,
        // Every chunk has the usage so far.
        usage: UsagePlace::Always,
        refuses_developer: true,
        ..Row::DEFAULT
    },
    Row {
        id: "cerebras",
        title: "Cerebras",
        docs_url: "https://inference-docs.cerebras.ai/resources/openai",
        base_url: "https://api.cerebras.ai/v1",
        key_env: "CEREBRAS_API_KEY",
        passthrough: &[Completions],
        // Answered with 400.
        refused: &["frequency_penalty", "logit_bias", "presence_penalty"],
        top_k: false,
        // Others are answered with 400 "property … is unsupported".
        only: Some(&[
            "clear_thinking",
            "disable_reasoning",
            "prediction",
            "reasoning_format",
            "service_tier",
        ]),
        ..Row::DEFAULT
    },
    Row {
        id: "nvidia",
        title: "NVIDIA NIM",
        docs_url: "https://docs.api.nvidia.com/nim/reference/llm-apis",
        base_url: "https://integrate.api.nvidia.com/v1",
        key_env: "NVIDIA_API_KEY",
        passthrough: &[Completions, Embeddings],
        renamed: OLD_CAP,
        ..Row::DEFAULT
    },
    Row {
        id: "deepinfra",
        title: "DeepInfra",
        docs_url: "https://deepinfra.com/docs/openai_api",
        base_url: "https://api.deepinfra.com/v1/openai",
        key_env: "DEEPINFRA_API_KEY",
        passthrough: &[
            Completions,
            Embeddings,
            Images,
            Transcription,
            Translation,
            Speech,
        ],
        embedding_batch: 1024,
        ..Row::DEFAULT
    },
    Row {
        id: "sambanova",
        title: "SambaNova",
        docs_url: "https://docs.sambanova.ai/docs/en/features/openai-compatibility",
        base_url: "https://api.sambanova.ai/v1",
        key_env: "SAMBANOVA_API_KEY",
        passthrough: &[Embeddings, Transcription, Translation],
        embedding_batch: 32,
        renamed: OLD_CAP,
        ..Row::DEFAULT
    },
    Row {
        id: "moonshot",
        title: "Moonshot AI",
        docs_url: "https://platform.moonshot.ai/docs/api/chat",
        base_url: "https://api.moonshot.ai/v1",
        key_env: "MOONSHOT_API_KEY",
        renamed: OLD_CAP,
        // Thinking models need their own reasoning back while they call tools.
        replay: Replay::ToolTurns("reasoning_content"),
        refuses_developer: true,
        top_k: false,
        max_temperature: 1.0,
        thinking: true,
        prefill: Prefill::Marked("partial"),
        ..Row::DEFAULT
    },
    Row {
        id: "zhipu",
        title: "Zhipu AI (Z.ai)",
        docs_url: "https://docs.bigmodel.cn/cn/guide/develop/openai/introduction",
        base_url: "https://open.bigmodel.cn/api/paas/v4",
        key_env: "ZHIPUAI_API_KEY",
        passthrough: &[Embeddings, Images, Transcription, Speech],
        embedding_batch: 64,
        renamed: OLD_CAP,
        replay: Replay::ToolTurns("reasoning_content"),
        refuses_developer: true,
        top_k: false,
        json_schema: false,
        max_temperature: 1.0,
        thinking: true,
        ..Row::DEFAULT
    },
    Row {
        id: "dashscope",
        title: "Alibaba Cloud Model Studio (DashScope, Qwen)",
        docs_url: "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
        base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key_env: "DASHSCOPE_API_KEY",
        passthrough: &[Completions, Embeddings],
        embedding_batch: 10,
        renamed: OLD_CAP,
        refuses_developer: true,
        cache_control: true,
        ..Row::DEFAULT
    },
    Row {
        id: "siliconflow",
        title: "SiliconFlow",
        docs_url: "https://docs.siliconflow.cn/en/api-reference/chat-completions/chat-completions",
        base_url: "https://api.siliconflow.cn/v1",
        key_env: "SILICONFLOW_API_KEY",
        passthrough: &[Embeddings, Images, Transcription, Speech],
        embedding_batch: 32,
        renamed: OLD_CAP,
        refuses_developer: true,
        ..Row::DEFAULT
    },
    Row {
        id: "novita",
        title: "Novita AI",
        docs_url: "https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
        base_url: "https://api.novita.ai/openai/v1",
        key_env: "NOVITA_API_KEY",
        passthrough: &[Completions, Embeddings],
        renamed: OLD_CAP,
        refuses_developer: true,
        ..Row::DEFAULT
    },
    Row {
        id: "huggingface",
        title: "Hugging Face Inference Providers",
        docs_url: "https://huggingface.co/docs/inference-providers/tasks/chat-completion",
        base_url: "https://router.huggingface.co/v1",
        key_env: "HF_TOKEN",
        renamed: OLD_CAP,
        ..Row::DEFAULT
    },
    Row {
        id: "github",
        title: "GitHub Models",
        docs_url: "https://docs.github.com/en/rest/models/inference",
        base_url: "https://models.github.ai/inference",
        key_env: "GITHUB_TOKEN",
        passthrough: &[Embeddings],
        top_k: false,
        ..Row::DEFAULT
    },
    Row {
        id: "vllm",
        title: "vLLM",
        docs_url: "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        base_url: "http://localhost:8000/v1",
        key_env: "VLLM_API_KEY",
        key_optional: true,
        passthrough: &[Completions, Embeddings, Transcription, Translation],
        ..Row::DEFAULT
    },
    Row {
        id: "lmstudio",
        title: "LM Studio",
        docs_url: "https://lmstudio.ai/docs/developer/openai-compat",
        base_url: "http://localhost:1234/v1",
        key_env: "LMSTUDIO_API_KEY",
        key_optional: true,
        passthrough: &[Completions, Embeddings],
        renamed: OLD_CAP,
        ..Row::DEFAULT
    },
    Row {
        id: "llamacpp",
        title: "llama.cpp",
        docs_url: "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        base_url: "http://localhost:8080/v1",
        key_env: "LLAMACPP_API_KEY",
        key_optional: true,
        passthrough: &[Completions, Embeddings],
        renamed: OLD_CAP,
        ..Row::DEFAULT
    },
    Row {
        id: "custom",
        title: "Any OpenAI-compatible server",
        docs_url: "https://platform.openai.com/docs/api-reference/chat",
        key_optional: true,
        passthrough: ALL_OPERATIONS,
        ..Row::DEFAULT
    },
];
