# Two steps of overlap_bench, from chapters/08_distributed/measured.md: row, begin and end in ms, and what.
$one << EOD
9  0 26 1
8 26 65 2
7 65 148 3
8 148 155 2
EOD
$many << EOD
5  0 25 1
4 25 66 2
3 33 49 3
2.4 40 56 3
1.8 47 64 3
1.2 59 74 3
0.6 66 81 3
0 68 83 3
4 83 87 2
EOD
set xrange [0:165]
set yrange [-0.5:10.4]
set xlabel "milliseconds"
set ytics nomirror ("forward" 9, "backward" 8, "on the way" 7, "forward" 5, "backward" 4, "on the way" 1.5) scale 0
unset key
set grid noytics
set border 1
set xtics nomirror
set style fill solid 1 noborder
color(k) = k == 1 ? 0x8a8f98 : k == 2 ? 0x1f6feb : 0xd9600a
set label "one bucket of 95 MiB" at 2, 10
set label "six buckets of at most 18 MiB" at 2, 5.9
half(y) = y > 3.5 ? 0.35 : 0.22
plot $one using ($2 + $3) / 2:1:2:3:($1 - 0.35):($1 + 0.35):(color($4)) with boxxyerror lc rgb variable, \
     $many using ($2 + $3) / 2:1:2:3:($1 - half($1)):($1 + half($1)):(color($4)) with boxxyerror lc rgb variable
