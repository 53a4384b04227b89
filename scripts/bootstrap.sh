#!/bin/sh
# Makes .venv from uv.lock on a machine that has only Python 3.11 or newer.
# uv lives in .make/uv: in .venv it would remove itself, as a package that the lock does not know.
set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
UV=.make/uv/bin/uv

fail() {
    echo "overheard: $1" >&2
    exit 1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            # The interpreter itself: a shim would follow the folder that it is called in.
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and none was found (set PYTHON to one elsewhere)"
}

# Debian ships Python without ensurepip, and often pip without venv.
install_uv() {
    rm -rf .make/uv
    mkdir -p .make
    echo '*' >.make/.ignore # for ruff, also where there is no .git
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv .make/uv
        .make/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check --target .make/uv "uv==$UV_VERSION"
    elif command -v uv >/dev/null; then
        mkdir -p .make/uv/bin
        ln -s "$(command -v uv)" "$UV"
    else
        fail "$python has neither venv nor pip: install one (Debian: apt-get install python3-venv)"
    fi
}

python=$(find_python)
echo "overheard: preparing .venv with $python" >&2
if ! "$UV" --version 2>/dev/null | grep -qF "uv $UV_VERSION"; then
    install_uv
fi
# The machine's own certificates: behind a company's proxy uv's built-in ones know nobody.
export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
# Bytecode is compiled here: a user who may not write it would wait for it at every command.
UV_COMPILE_BYTECODE=1 "$UV" sync --quiet --frozen --extra embedded --python "$python"
.venv/bin/python -m compileall -q models tasks web workers
touch .venv/bin/.synced
