# The beginnings of two runs of 05_data/workers timeline, with 0 workers and with 2: row, begin and end in ms, what.
$alone << EOD
6   0.0  20.5 1
6  20.5  30.6 2
6  30.6  51.0 1
6  51.0  61.1 2
6  61.1  81.4 1
6  81.5  91.5 2
6  91.5 111.9 1
6 111.9 122.0 2
EOD
$two << EOD
3  20.8  30.9 2
3  30.9  41.0 2
3  41.2  51.2 2
3  51.2  61.3 2
3  61.5  71.6 2
3  71.6  81.7 2
3  81.9  91.9 2
3  91.9 102.0 2
2   0.3  20.8 1
2  20.8  41.1 1
2  41.2  61.5 1
2  61.5  81.8 1
1   4.5  24.8 3
1  24.8  45.1 3
1  45.2  65.5 3
1  65.5  85.8 3
EOD
set xrange [0:125]
set yrange [0.3:7.2]
set xlabel "milliseconds"
set ytics nomirror ("trainer" 6, "trainer" 3, "worker 0" 2, "worker 1" 1) scale 0
unset key
set grid noytics
set border 1
set xtics nomirror
set style fill solid 1 noborder
color(k) = k == 1 ? 0x1f6feb : k == 2 ? 0xd9600a : 0x1a7f4b
set label "no workers: four batches are done after 122 ms" at 1, 6.8
set label "two workers: four are done after 61 ms, eight after 102" at 1, 3.8
plot $alone using ($2 + $3) / 2:1:($2 + 0.3):($3 - 0.3):($1 - 0.35):($1 + 0.35):(color($4)) with boxxyerror lc rgb variable, \
     $two using ($2 + $3) / 2:1:($2 + 0.3):($3 - 0.3):($1 - 0.35):($1 + 0.35):(color($4)) with boxxyerror lc rgb variable
