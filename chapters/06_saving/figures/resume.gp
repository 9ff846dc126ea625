# Losses of a run that is stopped after step 25 and resumed; the data are what `resume curves` prints.
set xrange [1:60]
set yrange [0.3:2.5]
set xlabel "step"
set ylabel "loss"
set key top right
set arrow from 25.5, 0.3 to 25.5, 2.5 nohead lc rgb '#8a8f98' dt 2
set label "stopped and resumed" at 26.2, 0.4 textcolor rgb '#777777'
plot "resume.dat" using 1:2 with lines lw 5 lc rgb '#d5d9df' title "never stopped", \
     "" using 1:3 with lines lc rgb '#c4314b' title "the weights", \
     "" using 1:4 with lines lc rgb '#d9600a' title "and Adam, with its schedule", \
     "" using 1:5 with lines lc rgb '#7b4fd0' title "and the generator", \
     "" using 1:6 with points pt 7 ps 0.5 lc rgb '#1f6feb' title "and the loader: everything"
