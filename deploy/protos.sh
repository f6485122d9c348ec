#!/bin/sh
# Writes the Python code of the contracts (messages, services and their types) into a folder: deploy/protos.sh FOLDER
set -eu
mkdir -p "$1"
find protos/jalon -name '*.proto' | LC_ALL=C sort | xargs python -m grpc_tools.protoc -Iprotos \
    --python_out="$1" --grpc_python_out="$1" --mypy_out="quiet:$1" --mypy_grpc_out="quiet:$1"
