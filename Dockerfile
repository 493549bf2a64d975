# famqa in a container: the page at port 7860, documents in /data/corpus, the index in /data/index.
#
#   docker build -t famqa .
#   docker run --rm -p 127.0.0.1:7860:7860 -v famqa:/data famqa            with the bundled documents
#   docker run --rm -p 127.0.0.1:7860:7860 -v famqa:/data -v "$PWD/notes:/data/corpus" famqa

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/famqa
ENV PATH=/opt/famqa/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# torch without CUDA: a tenth of the size. Where that index is not reachable, any other can be named.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --extra-index-url "$TORCH_INDEX" "torch>=2.6,<2.14"
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --extra-index-url "$TORCH_INDEX" .

FROM python:3.11-slim
# faiss and torch share the work among threads with OpenMP.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 famqa && install -d -o famqa -g famqa /data /data/corpus /data/index /var/cache/famqa
COPY --from=build /opt/famqa /opt/famqa
COPY --chown=famqa:famqa corpus /data/corpus
ENV PATH=/opt/famqa/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FAMQA_CORPUS=/data/corpus \
    FAMQA_INDEX=/data/index \
    FAMQA_HOST=0.0.0.0 \
    FAMQA_PORT=7860 \
    GRADIO_TEMP_DIR=/var/cache/famqa
USER famqa
WORKDIR /data
VOLUME /data
EXPOSE 7860
# The first start builds the index; the page is up as soon as that is done.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"FAMQA_PORT\"]}/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["famqa"]
CMD ["serve"]
