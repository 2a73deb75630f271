#!/bin/sh
# chart.sh: build/bench/results.tsv as a picture: gort against Go, a measure a line.
#
#	bench/chart.sh [RESULTS.tsv] >docs/benchmarks.svg
#
# Every row that has a figure of Go's is shown, whatever came out. The scale is logarithmic and the
# same for all: a bar to the left of the line 1 is what gort needs less than Go, one to the right what
# it needs more, and half and double are equally long. Where more is better (a share of the CPU) the
# ratio is turned round, and the label says so. The thin line is from the lowest to the highest ratio
# of the rounds; the mark across is the limit.
#
# The colours are set by classes, once for light and once for dark surroundings.
set -eu
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
results=${1:-${GORT_BENCH_DIR:-$home/build/bench}/results.tsv}
[ -f "$results" ] || {
	echo "chart.sh: $results: no such file; gort bench writes it" >&2
	exit 1
}
awk -F'\t' '
function si(x, unit,   n) {
	if (unit == "ns") {
		n = x < 1e3 ? 1 : x < 1e6 ? 1e3 : x < 1e9 ? 1e6 : 1e9
		unit = n == 1 ? "ns" : n == 1e3 ? "us" : n == 1e6 ? "ms" : "s"
		x /= n
	} else if (unit == "bytes") {
		unit = "B"
		if (x >= 10240) { x /= 1024; unit = "KiB" }
	}
	return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x) " " unit
}
function px(ratio) { # where a ratio stands
	return left + width * (log(ratio) - lo) / (hi - lo)
}
function esc(s) {
	gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
	return s
}
function widen(r) {
	if (r < least) least = r
	if (r > most) most = r
}
/^# commit / { sub(/^# commit */, ""); commit = $0; next }
/^# machine / { sub(/^# machine */, ""); machine = $0; next }
/^# Go / { sub(/^# Go */, ""); go = $0; next }
/^# date / { sub(/^# date */, ""); date = $0; next }
/^#/ || $1 == "measure" { next }
$4 == "go" && $10 != "-" && $10 + 0 > 0 && $3 != "go" && $3 !~ /^go,/ {
	n++
	name[n] = $1 ($3 == "gort" ? "" : " (" $3 ")")
	r[n] = $10 + 0; a[n] = $11 + 0; b[n] = $12 + 0; cap[n] = 0
	turned = $2 == "%" || $2 == "/s"
	if ($5 ~ /^ratio/) { cap[n] = $5; sub(/^ratio[<>]=/, "", cap[n]); cap[n] += 0 }
	if (turned) {
		t = a[n]; a[n] = 1 / b[n]; b[n] = 1 / t; r[n] = 1 / r[n]
		if (cap[n] > 0) cap[n] = 1 / cap[n]
		name[n] = name[n] ", turned round"
	}
	class[n] = $13 == "met" ? "met" : $13 == "MISSED" ? "missed" : "none"
	text[n] = si($7 + 0, $2) " : " si($9 + 0, $2)
	if (least == "") least = most = r[n]
	widen(a[n]); widen(b[n]); widen(1)
	if (cap[n] > 0) widen(cap[n])
}
END {
	if (n == 0) {
		print "chart.sh: no row has a figure of Go" >"/dev/stderr"
		exit 1
	}
	step = 20; top = 92; left = 232; width = 430; right = 190
	lo = log(least / 1.15); hi = log(most * 1.15)
	height = top + n * step + 46
	total = left + width + right
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"gort against Go, ratios of medians\">\n", total, height, total, height
	print "<style>"
	print "text { font: 12px system-ui, sans-serif; fill: #24292f }"
	print ".title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: #57606a }"
	print ".name { text-anchor: end } .tick { text-anchor: middle; font-size: 11px; fill: #57606a }"
	print ".back { fill: #ffffff } .grid { stroke: #d0d7de } .one { stroke: #24292f; stroke-width: 1.5 }"
	print ".met { fill: #0969da } .missed { fill: #bc4c00 } .none { fill: #8c959f }"
	print ".range { stroke: #24292f; stroke-opacity: 0.55 } .limit { stroke: #24292f; stroke-width: 2.5 }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #e6edf3 } .small, .tick { fill: #9198a1 } .back { fill: #0d1117 } .grid { stroke: #30363d }"
	print ".one, .range, .limit { stroke: #e6edf3 } .met { fill: #4493f8 } .missed { fill: #f0883e } .none { fill: #6e7681 }"
	print "}"
	print "</style>"
	printf "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n", total, height
	printf "<text class=\"title\" x=\"16\" y=\"26\">What gort needs, as a share of what Go needs</text>\n"
	printf "<text class=\"small\" x=\"16\" y=\"44\">%s</text>\n", esc("gort " commit ", " go "; " machine "; " date)
	printf "<text class=\"small\" x=\"16\" y=\"60\">Logarithmic scale. Left of 1: gort needs less. Bars: median of the ratios; thin line: lowest to highest; mark: the limit.</text>\n"
	for (i = -3; i <= 4; i++)
		for (j = 1; j <= 5; j += j == 1 ? 1 : 3) {
			v = j * exp(i * log(10))
			if (v < least / 1.15 || v > most * 1.15) continue
			printf "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", px(v), px(v), top - 8, top + n * step
			printf "<text class=\"tick\" x=\"%.1f\" y=\"%d\">%g</text>\n", px(v), top - 12, v
		}
	for (k = 1; k <= n; k++) {
		y = top + (k - 1) * step
		x1 = px(r[k] < 1 ? r[k] : 1); x2 = px(r[k] < 1 ? 1 : r[k])
		printf "<text class=\"name\" x=\"%d\" y=\"%d\">%s</text>\n", left - 10, y + 13, esc(name[k])
		printf "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"12\"/>\n", class[k], x1, y + 3, x2 - x1 < 1 ? 1 : x2 - x1
		printf "<line class=\"range\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", px(a[k]), px(b[k]), y + 9, y + 9
		if (cap[k] > 0)
			printf "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", px(cap[k]), px(cap[k]), y + 1, y + 17
		printf "<text x=\"%d\" y=\"%d\">%s</text>\n", left + width + 10, y + 13, esc(sprintf("%.2f   %s", r[k], text[k]))
	}
	printf "<line class=\"one\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", px(1), px(1), top - 8, top + n * step
	y = top + n * step + 24
	printf "<rect class=\"met\" x=\"16\" y=\"%d\" width=\"12\" height=\"12\"/><text class=\"small\" x=\"34\" y=\"%d\">limit met</text>\n", y - 10, y
	printf "<rect class=\"missed\" x=\"110\" y=\"%d\" width=\"12\" height=\"12\"/><text class=\"small\" x=\"128\" y=\"%d\">limit missed</text>\n", y - 10, y
	printf "<rect class=\"none\" x=\"220\" y=\"%d\" width=\"12\" height=\"12\"/><text class=\"small\" x=\"238\" y=\"%d\">no limit as a ratio</text>\n", y - 10, y
	printf "<text class=\"small\" x=\"%d\" y=\"%d\">ratio   gort : Go, medians</text>\n", left + width + 10, top - 12
	print "</svg>"
}' "$results"
