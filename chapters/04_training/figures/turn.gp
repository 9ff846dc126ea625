# What turning a knob does to the right answers and to the loss; the data are what turn prints.
set xrange [-4:4]
set yrange [0:1.2]
set xlabel "b"
set key outside top center horizontal Left reverse
plot "turn.dat" using 1:2 with lines lt 2 title "right answers, as a part of all", \
     "" using 1:3 with lines lt 1 title "loss"
