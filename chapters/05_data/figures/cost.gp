# An epoch of 12 batches with 0, 1, 2 and 4 workers, as 05_data/workers measured it: place, waiting, computing, the formula.
$epochs << EOD
0 367 362 360
1 256 251 240
2 144 146 120
3 143 169 120
EOD
set xrange [-0.6:3.6]
set yrange [0:450]
set xlabel "workers"
set ylabel "milliseconds an epoch"
set xtics nomirror ("0" 0, "1" 1, "2" 2, "4" 3)
set key top right
set grid noxtics
set style fill solid 1 noborder
set boxwidth 0.28
plot $epochs using ($1 - 0.15):2 with boxes lc rgb '#1f6feb' title "get() waits", \
     "" using ($1 + 0.15):3 with boxes lc rgb '#d9600a' title "get() computes", \
     "" using 1:4 with points pt 7 ps 0.7 lc rgb '#1a7f4b' title "the formula"
