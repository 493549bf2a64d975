"""The web app: a chat beside the documents it cites. `app` is the only module that imports gradio."""

import os

# Gradio and huggingface_hub read these when they are imported, so they are set before `famqa.web.app` can be.
# What the user has set stands.
for _name, _value in (
    ("GRADIO_ANALYTICS_ENABLED", "False"),
    ("HF_HUB_DISABLE_TELEMETRY", "1"),
    ("GRADIO_RUN_HISTORY", "False"),  # history.js keeps what the browser keeps, and no words of documents
):
    os.environ.setdefault(_name, _value)
