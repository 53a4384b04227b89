"""The commands of speech to text; as in ``command_table``."""

from workers.cli.command_entry import Entry, Noun

SPEECH = Noun(
    "Speech to text: run, status, list, set, pause, resume, cancel.",
    {
        "run": Entry(
            "speech:run",
            "Transcribe the audio of everything in SCOPE, at a lower priority than new episodes.",
        ),
        "status": Entry(
            "speech:status", "Show how much audio is transcribed, what is waiting, and the speed."
        ),
        "list": Entry(
            "speech_episodes:list_episodes",
            "List transcribed episodes with their speech coverage, the newest first.",
        ),
        "set": Entry(
            "speech:set_mode",
            "Choose which episodes of a podcast are transcribed, how many speak, and who pays.",
        ),
        "pause": Entry(
            "speech:pause", "Pause speech to text; running episodes stop at their next chunk."
        ),
        "resume": Entry("speech:resume", "Resume speech to text where it stopped."),
        "cancel": Entry(
            "speech:cancel", "Cancel waiting transcriptions; running ones are finished."
        ),
    },
)

SPEECH_MODELS = Noun(
    "Speech-to-text models: list, pull, verify.",
    {
        "list": Entry(
            "speech_models:list_models",
            "List the models that can be pulled, and which of them are installed.",
        ),
        "pull": Entry(
            "speech_models:pull",
            "Download models from the hub; without names, those in the settings.",
        ),
        "verify": Entry(
            "speech_models:verify",
            "Compare installed models with the checksums recorded when they were pulled.",
        ),
    },
)
