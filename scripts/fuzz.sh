#!/usr/bin/env bash
# Runs the fuzz targets of fuzz/, guided by coverage, on the stable toolchain: libFuzzer with the
# flags that cargo-fuzz gives without a sanitizer, none of which requires a nightly one.
#
#   fuzz.sh [TARGET…]             each for FUZZ_SECONDS (60); what they find stays in target/fuzz
#   fuzz.sh minimise [TARGET…]    keeps in fuzz/corpus the 40 inputs of most coverage, and those that
#                                 somebody gave a name
#
# An input that breaks a rule is kept in target/fuzz, and its name is printed. `make test` replays
# fuzz/corpus.
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all=(arguments merging incrementing json_replies stored_fields index_members aliases)
purpose=run
if [ "${1:-}" = minimise ]; then
  purpose=minimise
  shift
fi
targets=("$@")
if [ $# -eq 0 ]; then targets=("${all[@]}"); fi

scripts/setup.sh build
have c++ || die "A C++ compiler is missing, for libFuzzer. On Debian and Ubuntu: apt-get install g++"

folder=$target/fuzz
triple=$(rustc -vV | sed -n 's/^host: //p')
flags=(-Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks -Cpasses=sancov-module)
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  flags+=("-Cllvm-args=-sanitizer-coverage-$option")
done
# With an explicit target, build scripts and macros are built without these flags.
RUSTFLAGS=${flags[*]} cargo build --quiet --locked --release --features targets --bins \
  --manifest-path fuzz/Cargo.toml --target "$triple" --target-dir "$folder"

for name in "${targets[@]}"; do
  program=$folder/$triple/release/$name
  [ -x "$program" ] || die "There is no fuzz target $name. The targets are: ${all[*]}"
  known=fuzz/corpus/$name
  found=$folder/corpus/$name
  mkdir -p "$found" "$folder/artifacts"
  options=("-artifact_prefix=$folder/artifacts/$name-" -max_len=1024 -timeout=5)
  if [ -f "fuzz/$name.dict" ]; then options+=("-dict=fuzz/$name.dict"); fi
  if [ "$purpose" = run ]; then
    say "Fuzzing $name for ${FUZZ_SECONDS:=60} seconds; the log is $folder/$name.log"
    "$program" "${options[@]}" "-max_total_time=$FUZZ_SECONDS" -print_final_stats=1 "$found" "$known" \
      >"$folder/$name.log" 2>&1 || {
      tail -n 40 "$folder/$name.log" >&2
      die "$name broke a rule; the input is saved in $folder/artifacts."
    }
    grep -E 'DONE|number_of_executed_units|average_exec' "$folder/$name.log" >&2
  else
    control=$folder/$name.control
    least=$folder/least/$name
    rm -rf "$control" "$least"
    mkdir -p "$least/all" "$least/picked"
    "$program" "${options[@]}" -max_len=400 -set_cover_merge=1 "-merge_control_file=$control" \
      "$least/all" "$known" "$found" >"$folder/$name.log" 2>&1
    say "$name: $(python3 fuzz/pick.py "$control" 40 "$least/picked")"
    # Inputs with a name that a person chose are kept.
    find "$known" -type f -name '????????????????????????????????????????' -delete
    cp -n "$least"/picked/* "$known/"
  fi
done
