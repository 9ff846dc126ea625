# The rates of four schedules; the data are what schedules prints.
set xrange [0:19]
set yrange [0:1.1]
set xlabel "epoch"
set ylabel "learning rate"
set key outside top center horizontal Left reverse
plot "rates.dat" using 1:2 with linespoints pt 7 ps 0.4 lt 1 title "StepLR", \
     "" using 1:3 with linespoints pt 7 ps 0.4 lt 2 title "ExponentialLR", \
     "" using 1:4 with linespoints pt 7 ps 0.4 lt 3 title "CosineAnnealingLR", \
     "" using 1:5 with linespoints pt 7 ps 0.4 lt 4 title "LinearLR and cosine"
