# check RESULTS [ENGINE [SUITE [SIZES]]]: what this machine has, whether ENGINE (webgpu) agrees with cpu, figures for decoders of
# SIZES (3,30,120 million parameters), and a run of SUITE (quick) on it and on cpu, compared. With DATA=DIR in the environment
# the suite hh too, on these preference pairs. Leaves a folder of text files; exit code 1 where a part failed.
results=${1:?check RESULTS [ENGINE [SUITE [SIZES]]]}
engine=${2:-webgpu}
suite=${3:-quick}
sizes=${4:-3,30,120}
mkdir -p "$results" || exit 2
results=$(cd "$results" && pwd)
run() { "$here/bin/node" "$here/app/dist/cli/main.js" "$@"; }
failed=0
part() {
  name=$1
  shift
  echo "$name ..."
  if "$@" > "$results/$name.txt" 2> "$results/$name.err"; then echo "$name: fine"; else echo "$name: exit code $?"; failed=1; fi
}
(command -v nvidia-smi > /dev/null && nvidia-smi; uname -a; cat /proc/cpuinfo | grep -m1 "model name") > "$results/machine.txt" 2>&1
part doctor run doctor
part contract run engine check "$engine"
part same-results run doctor --verify-engine "$engine"
# PyTorch, where this machine has one, is the rival on the same card.
peer=
for python in "${PYTHON:-python3}" python; do
  "$python" -c "import torch; assert torch.cuda.is_available()" > /dev/null 2>&1 && peer="--peer $python" && break
done
part figures "$here/bin/node" "$here/app/benchmarks/perf/gpu.mjs" --engine "$engine" --sizes "$sizes" $peer --out "$results/figures.json"
# A run that did not end (no memory, a lost device, the queue's time limit) goes on with the next check of the same folder.
run_suite() {
  folder="$results/$1"
  shift
  if [ -e "$folder/run.json" ]; then run run --resume "$folder" --display none
  else run run "$@" --out "$folder" --display none; fi
}
# Exit code 3 is "inconclusive": no difference shown.
same() {
  run compare "$1" "$2"
  code=$?
  [ $code -eq 0 ] || [ $code -eq 3 ]
}
part run run_suite run "$suite" --engine "$engine"
# On the card's base: a base trained anew drifts away within a few hundred steps, whatever the engines (docs/gpu).
part run-cpu run_suite run-cpu "$suite" --engine cpu --reuse "$results/run"
part compare same "$results/run-cpu" "$results/run"
[ -n "${DATA:-}" ] && part run-hh run_suite run-hh hh --data "$DATA" --engine "$engine"
unfinished=
for kind in run run-cpu run-hh; do
  for name in run.json summary.json report.md; do
    [ -e "$results/$kind/$name" ] && cp "$results/$kind/$name" "$results/$kind-$name"
  done
  [ -e "$results/$kind/run.json" ] && [ ! -e "$results/$kind/summary.json" ] && unfinished="$unfinished $kind"
done
if [ -n "$unfinished" ]; then echo "not ended:$unfinished; the same command goes on with it"
else rm -rf "$results/run" "$results/run-cpu" "$results/run-hh"; fi
exit $failed
