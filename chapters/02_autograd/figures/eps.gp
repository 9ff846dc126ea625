# How far finite differences of x³ are from its slope; the data are what the program eps prints.
set logscale xy
set xrange [1e-11:0.1]
set yrange [1e-12:20]
set format "10^{%L}"
set xlabel "eps"
set ylabel "largest error"
set key bottom left
plot "eps.dat" using 1:2 with linespoints pt 7 ps 0.5 title "one-sided, float64", \
     "" using 1:3 with linespoints pt 7 ps 0.5 title "central, float64", \
     "" using 1:4 with linespoints pt 7 ps 0.5 title "central, float32"
