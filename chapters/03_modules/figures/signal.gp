# What becomes of a signal in twenty layers; the data are what the program signal prints.
set logscale y
set xrange [0:20]
set yrange [0.01:40000]
set format y "10^{%L}"
set xlabel "layer"
set ylabel "standard deviation"
set key top left
plot "signal.dat" using 1:4 with linespoints pt 7 ps 0.5 title "normal, 0.15", \
     "" using 1:3 with linespoints pt 7 ps 0.5 title "He's, for ReLU", \
     "" using 1:2 with linespoints pt 7 ps 0.5 title "Linear's own"
