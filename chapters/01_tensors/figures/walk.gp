set xlabel "step"
set ylabel "place that is read"
set xrange [-0.5:23.5]
set yrange [-1:25]
set xtics 0, 6, 24
set ytics 0, 6, 24
set key outside top center horizontal Left reverse
plot "walk.dat" using 1:2 with linespoints pt 7 ps 0.45 lt 1 title "dense", \
     "" using 1:3 with linespoints pt 7 ps 0.45 lt 2 title "transposed", \
     "" using 1:4 with linespoints pt 7 ps 0.45 lt 3 title "a repeated row"
